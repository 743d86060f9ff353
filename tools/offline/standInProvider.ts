import { z } from "zod";
import type { Provider } from "../../provider/protocol/provider.ts";
import { pinnedPluginVersion } from "./pluginVersion.ts";

/** A provider that stands in for an official one. */
export interface StandIn<Context> extends Pick<Provider<Context>, "name" | "resources" | "close"> {
  /** What it does, for its description. */
  does: string;
  /** Makes what its resources share. */
  open(): Context;
}

/** The provider under the version that it stands in for. */
export function standInProvider<Context>({ name, does, open, close, resources }: StandIn<Context>): Provider<Context> {
  return {
    name,
    version: pinnedPluginVersion(name),
    description: `Stand-in for the ${name} provider: ${does}.`,
    configuration: z.strictObject({}),
    configure: open,
    close,
    resources,
    stateOnly: true,
  };
}

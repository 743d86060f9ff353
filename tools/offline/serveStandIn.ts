import { z } from "zod";
import type { Provider } from "../../provider/protocol/provider.ts";
import { serveProvider } from "../../provider/protocol/server.ts";
import { pinnedPluginVersion } from "./pluginVersion.ts";

/** A provider that stands in for an official one. */
export interface StandIn<Context> extends Pick<Provider<Context>, "name" | "resources" | "close"> {
  /** What it does, for its description. */
  does: string;
  /** Makes what its resources share. */
  open(): Context;
}

/** Serves a stand-in under the version that it stands in for. */
export function serveStandIn<Context>({ name, does, open, close, resources }: StandIn<Context>): void {
  serveProvider<Context>({
    name,
    version: pinnedPluginVersion(name),
    description: `Stand-in for the ${name} provider: ${does}.`,
    configuration: z.strictObject({}),
    configure: open,
    close,
    resources,
  });
}

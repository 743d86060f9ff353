import { z } from "zod";
import type { Provider } from "../../provider/protocol/provider.ts";
import { pinnedPluginVersion } from "./pluginVersion.ts";

/** A provider that stands in for an official one. */
export interface StandIn<Context> extends Pick<Provider<Context>, "name" | "resources" | "configure" | "close"> {
  /** What it does, for its description. */
  does: string;
  /**
   * What of the official provider's arguments it takes.
   *
   * @default - none
   */
  configuration?: z.ZodObject;
}

/** The provider under the version that it stands in for. */
export function standInProvider<Context>({ does, ...standIn }: StandIn<Context>): Provider<Context> {
  return {
    configuration: z.strictObject({}),
    ...standIn,
    version: pinnedPluginVersion(standIn.name),
    description: `Stand-in for the ${standIn.name} provider: ${does}.`,
    // As the official ones do.
    reliesOnState: true,
  };
}

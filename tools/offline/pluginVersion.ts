import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkoutFolder } from "../launch/paths.mjs";

/** The plugin version that goes with an SDK package: the SDK asks for its own, which package.json pins. */
export function pinnedPluginVersion(name: string): string {
  const { dependencies } = JSON.parse(readFileSync(join(checkoutFolder, "package.json"), "utf8"));
  const version: unknown = dependencies[`@pulumi/${name}`];
  if (typeof version !== "string") throw new Error(`package.json has no dependency @pulumi/${name}`);
  return version;
}

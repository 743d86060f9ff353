import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { checkoutFolder } from "../launch/paths.mjs";

const manifest = z.object({ dependencies: z.record(z.string(), z.string()) });

/** The plugin version that goes with an SDK package: the SDK asks for its own, which package.json pins. */
export function pinnedPluginVersion(name: string): string {
  const { dependencies } = manifest.parse(JSON.parse(readFileSync(join(checkoutFolder, "package.json"), "utf8")));
  const version = dependencies[`@pulumi/${name}`];
  if (version === undefined) throw new Error(`package.json has no dependency @pulumi/${name}`);
  return version;
}

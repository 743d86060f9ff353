import { execFileSync } from "node:child_process";
import { accessSync, constants, mkdirSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { cacheFolder, checkoutFolder } from "../launch/paths.mjs";
import { pinnedVersion, satisfies } from "./version.ts";

/**
 * The root folder of a Pulumi CLI on PATH that is new enough, nothing where there is none.
 *
 * An older one is passed over with a message: the user may wonder why it is not taken.
 */
export function findInstalledEngine(searchPath = process.env.PATH ?? ""): string | undefined {
  for (const folder of searchPath.split(delimiter)) {
    // npm puts this folder first; a `pulumi` in it would be a wrapper that downloads.
    if (folder === "" || folder.startsWith(join(checkoutFolder, "node_modules"))) continue;
    const cli = join(folder, "pulumi");
    if (!isExecutable(cli)) continue;
    const version = versionOf(cli);
    if (version !== undefined && satisfies(version, pinnedVersion())) return rootOf(cli);
    process.stderr.write(
      `mailhost: ${cli} is ${version ?? "of unknown version"}, ${pinnedVersion()} or later is needed: it is not used\n`,
    );
  }
  return undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function versionOf(cli: string): string | undefined {
  try {
    return execFileSync(cli, ["version"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    }).trim();
  } catch {
    return undefined;
  }
}

/**
 * The Automation API wants a folder with `bin/pulumi`. Where the CLI lies elsewhere a link stands in: the CLI finds its
 * language hosts through links.
 */
function rootOf(cli: string): string {
  if (basename(dirname(cli)) === "bin") return dirname(dirname(cli));
  const root = join(cacheFolder(), "engine", "installed");
  const link = join(root, "bin", "pulumi");
  mkdirSync(dirname(link), { recursive: true });
  rmSync(link, { force: true });
  symlinkSync(realpathSync(cli), link);
  return root;
}

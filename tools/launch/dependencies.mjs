import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runForeground } from "./child.mjs";
import { withLock } from "./lock.mjs";
import { checkoutFolder, localFolder } from "./paths.mjs";

const lockfile = join(checkoutFolder, "package-lock.json");

/** What npm itself notes about the packages it has put into node_modules. */
const installedLockfile = join(checkoutFolder, "node_modules", ".package-lock.json");

/** Installs the packages of package-lock.json where node_modules is absent or holds others. */
export async function ensureDependencies() {
  if (holdsLockedPackages()) return;
  await withLock(join(localFolder, "install.lock"), async () => {
    if (!holdsLockedPackages()) await installPackages();
  });
}

/** Whether node_modules is right, by us or by an `npm ci` or `npm install` of the developer's own. */
function holdsLockedPackages() {
  let installed;
  try {
    installed = packagesOf(installedLockfile);
  } catch {
    return false;
  }
  const locked = packagesOf(lockfile);
  return (
    [...locked].every(([path, entry]) =>
      installed.has(path) ? installed.get(path).integrity === entry.integrity : entry.optional === true,
    ) && [...installed.keys()].every((path) => locked.has(path))
  );
}

/**
 * @param {string} path
 * @returns {Map<string, { integrity?: string, optional?: boolean }>}
 */
function packagesOf(path) {
  const packages = new Map(Object.entries(JSON.parse(readFileSync(path, "utf8")).packages));
  packages.delete("");
  return packages;
}

async function installPackages() {
  process.stderr.write("mailhost: installing the packages of package-lock.json (npm ci)\n");
  const ending = await runForeground("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: checkoutFolder,
    stdio: ["ignore", 2, 2],
  });
  if (ending.code !== 0) throw new Error("npm ci failed: its own message is above");
}

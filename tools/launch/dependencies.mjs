import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { runForeground } from "./child.mjs";
import { withLock } from "./lock.mjs";
import { checkoutFolder, localFolder } from "./paths.mjs";

const lockfile = join(checkoutFolder, "package-lock.json");

/** What npm itself notes about the packages it has put into node_modules. */
const installedLockfile = join(checkoutFolder, "node_modules", ".package-lock.json");

/** Holds the checksum of the package-lock.json that node_modules was last found to agree with. */
const stamp = join(checkoutFolder, "node_modules", ".mailhost-stamp");

/** Installs the packages of package-lock.json where node_modules is absent or holds others. */
export async function ensureDependencies() {
  if (isStamped()) return;
  await withLock(join(localFolder, "install.lock"), async () => {
    if (isStamped()) return;
    if (!holdsLockedPackages()) await installPackages();
    mkdirSync(dirname(stamp), { recursive: true });
    writeFileSync(stamp, checksum());
  });
}

function isStamped() {
  try {
    return readFileSync(stamp, "utf8") === checksum();
  } catch (error) {
    if (error.code === "ENOENT") return false;
    throw error;
  }
}

function checksum() {
  return createHash("sha256").update(readFileSync(lockfile)).digest("hex");
}

/** Whether node_modules is right already, by an `npm ci` or `npm install` of the developer's own. */
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
  rmSync(stamp, { force: true });
  const ending = await runForeground("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: checkoutFolder,
    stdio: ["ignore", 2, 2],
  });
  if (ending.code !== 0) throw new Error("npm ci failed: its own message is above");
}

import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runForeground } from "./child.mjs";
import { withLock } from "./lock.mjs";
import { cacheFolder } from "./paths.mjs";

/** The first Node that strips types without being asked. */
const oldestNode = "22.18.0";

/** An npm project of its own, so that the fetched Node is pinned by version and checksum. */
const pinFolder = join(dirname(fileURLToPath(import.meta.url)), "node");

/**
 * The path of a Node that runs the TypeScript sources: the one that runs this, else the pinned one from the cache,
 * which is fetched from npm the first time.
 *
 * @returns {Promise<string>}
 */
export async function ensureNode() {
  if (isAtLeast(process.versions.node, oldestNode)) return process.execPath;
  const { name, version } = pinnedPackage();
  const folder = join(cacheFolder(), "node", `${name}-${version}`);
  const node = join(folder, "node_modules", name, "bin", "node");
  if (existsSync(node)) return node;
  return withLock(join(dirname(folder), `.${name}.lock`), async () => {
    if (!existsSync(node)) await fetchNode(folder, name, version);
    return node;
  });
}

function pinnedPackage() {
  const name = `node-${process.platform}-${process.arch}`;
  const manifest = JSON.parse(readFileSync(join(pinFolder, "package.json"), "utf8"));
  const version = manifest.optionalDependencies[name];
  if (version === undefined) {
    throw new Error(
      `Node ${process.versions.node} cannot run the TypeScript sources and none is fetched for ` +
        `${process.platform}-${process.arch}: install Node ${oldestNode} or later`,
    );
  }
  return { name, version };
}

/**
 * @param {string} folder
 * @param {string} name
 * @param {string} version
 */
async function fetchNode(folder, name, version) {
  process.stderr.write(
    `mailhost: Node ${process.versions.node} is older than ${oldestNode}: fetching ${name} ${version} from npm\n`,
  );
  mkdirSync(dirname(folder), { recursive: true });
  const building = mkdtempSync(`${folder}.new-`);
  try {
    for (const file of ["package.json", "package-lock.json"]) {
      copyFileSync(join(pinFolder, file), join(building, file));
    }
    const ending = await runForeground(
      "npm",
      ["ci", "--ignore-scripts", "--include=optional", "--no-audit", "--no-fund", "--loglevel=error"],
      { cwd: building, stdio: ["ignore", 2, 2], env: environmentOutsideOfNpmRun() },
    );
    const fetched = join(building, "node_modules", name, "bin", "node");
    if (ending.code !== 0 || !existsSync(fetched)) {
      throw new Error(`npm could not fetch ${name} ${version}: install Node ${oldestNode} or later`);
    }
    requireRunnable(fetched);
    rmSync(folder, { recursive: true, force: true });
    renameSync(building, folder);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}

/**
 * The package is made for the common C library: on Alpine and the like it is there but does not start.
 *
 * @param {string} node
 */
function requireRunnable(node) {
  try {
    execFileSync(node, ["--version"], { stdio: "ignore" });
  } catch {
    throw new Error(`the Node from npm does not run on this system: install Node ${oldestNode} or later`);
  }
}

/** `npm run` describes the project it runs in to its children; an npm in another folder must not believe it. */
function environmentOutsideOfNpmRun() {
  const inherited = /^npm_(config_(local_)?prefix|package_|lifecycle_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !inherited.test(name)));
}

/**
 * @param {string} version
 * @param {string} wanted
 */
function isAtLeast(version, wanted) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split(".").map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

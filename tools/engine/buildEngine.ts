import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Failure } from "../failure.ts";
import { runForeground } from "../launch/child.mjs";
import { withLock } from "../launch/lock.mjs";
import { cacheFolder } from "../launch/paths.mjs";
import { findGo } from "./go.ts";
import { moduleFolders, pinnedVersion } from "./version.ts";

const progressMilliseconds = 15_000;

/** One program of the engine: the module that pins it, the package that is its `main`. */
interface GoProgram {
  name: string;
  moduleFolder: string;
  package: string;
  flags: readonly string[];
}

/** The CLI, and the host that runs Node programs: the CLI looks for it beside itself. */
function programs(): GoProgram[] {
  return [
    {
      name: "pulumi",
      moduleFolder: moduleFolders.cli,
      package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
      flags: [
        "-tags=osusergo,grpcnotrace",
        // Without its version the CLI is refused by the Automation API.
        `-ldflags=-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${pinnedVersion()}`,
      ],
    },
    {
      name: "pulumi-language-nodejs",
      moduleFolder: moduleFolders.languageHost,
      package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
      flags: ["-tags=osusergo,grpcnotrace", "-ldflags=-s -w"],
    },
  ];
}

/** Names a build by all that decides what comes out of it, so that a changed pin never finds the old binaries. */
export function buildKey(goFiles: readonly string[], flags: readonly string[]): string {
  return createHash("sha256")
    .update(JSON.stringify([goFiles, flags, process.platform, process.arch]))
    .digest("hex")
    .slice(0, 12);
}

/**
 * The folder whose `bin/` holds the engine built from the Go modules that this repository pins; builds it the first
 * time and keeps it in the cache. Several processes may ask at once: one builds, the others wait.
 */
export async function ensureBuiltEngine(): Promise<string> {
  const wanted = programs();
  const goFiles = wanted.flatMap(({ moduleFolder }) =>
    ["go.mod", "go.sum"].map((name) => readFileSync(join(moduleFolder, name), "utf8")),
  );
  const key = buildKey(
    goFiles,
    wanted.flatMap(({ flags }) => flags),
  );
  const engines = join(cacheFolder(), "engine");
  const root = join(engines, `${pinnedVersion()}-${key}`);
  if (existsSync(root)) return root;
  return withLock(
    join(engines, "build.lock"),
    async () => {
      if (!existsSync(root)) await build(wanted, engines, root);
      return root;
    },
    { onWait: (holder) => say(`waiting for process ${holder}, which builds the Pulumi engine`) },
  );
}

async function build(wanted: readonly GoProgram[], engines: string, root: string): Promise<void> {
  const go = findGo();
  removeAbandonedBuilds(engines);
  const building = mkdtempSync(join(engines, "building-"));
  const begin = Date.now();
  say(
    `building the Pulumi CLI ${pinnedVersion()} from source: no suitable one is installed. ` +
      "The first time this takes about 5 minutes; the result is kept",
  );
  try {
    mkdirSync(join(building, "bin"));
    for (const program of wanted) await buildProgram(go, program, join(building, "bin"));
    renameSync(building, root);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  say(`the Pulumi CLI ${pinnedVersion()} was built in ${seconds(begin)} s`);
}

/** A killed build leaves its folder behind; the lock is ours, so none of them is in use. */
function removeAbandonedBuilds(engines: string): void {
  for (const name of readdirSync(engines)) {
    if (name.startsWith("building-")) rmSync(join(engines, name), { recursive: true, force: true });
  }
}

async function buildProgram(go: string, program: GoProgram, binFolder: string): Promise<void> {
  const begin = Date.now();
  const messages: string[] = [];
  let compiled = 0;
  const progress = setInterval(
    () => say(`building ${program.name}: ${seconds(begin)} s, ${compiled} packages compiled`),
    progressMilliseconds,
  );
  try {
    const ending = await runForeground(
      go,
      ["build", "-v", "-buildvcs=false", ...program.flags, "-o", join(binFolder, program.name), program.package],
      {
        cwd: program.moduleFolder,
        env: { ...process.env, CGO_ENABLED: "0", GOTOOLCHAIN: "local" },
        stdio: ["ignore", 2, "pipe"],
        onStart: ({ stderr }) => {
          if (stderr === null) return;
          createInterface({ input: stderr }).on("line", (line) => {
            // With -v, Go names each package that it compiles; anything else is something to tell.
            if (/^[\w./~-]+$/.test(line)) compiled += 1;
            else messages.push(line);
          });
        },
      },
    );
    if (ending.signal !== null) throw new Failure(`building ${program.name} was interrupted (${ending.signal})`);
    if (ending.code !== 0) {
      throw new Failure(`go could not build ${program.name}:\n${messages.slice(-20).join("\n")}`);
    }
  } finally {
    clearInterval(progress);
  }
}

function seconds(begin: number): number {
  return Math.round((Date.now() - begin) / 1000);
}

function say(message: string): void {
  process.stderr.write(`mailhost: ${message}\n`);
}

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Failure } from "../failure.ts";
import { runForeground } from "../launch/child.mjs";
import { enginesFolder, ensureEngineFolder } from "./engineFolder.ts";
import { findGo } from "./go.ts";
import { say } from "./say.ts";
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

/** The folder of an engine in the cache that was built from the Go modules that this repository pins. */
export function findBuiltEngine(): string | undefined {
  const root = buildFolder(programs());
  return existsSync(root) ? root : undefined;
}

/** Builds the engine from the Go modules that this repository pins, and keeps it in the cache; returns its folder. */
export function buildEngine(): Promise<string> {
  const wanted = programs();
  return ensureEngineFolder(buildFolder(wanted), {
    doing: "building",
    fill: (folder) => build(wanted, folder),
    onWait: () => say("waiting for another process that builds the Pulumi engine"),
  });
}

function buildFolder(wanted: readonly GoProgram[]): string {
  const goFiles = wanted.flatMap(({ moduleFolder }) =>
    ["go.mod", "go.sum"].map((name) => readFileSync(join(moduleFolder, name), "utf8")),
  );
  const key = buildKey(
    goFiles,
    wanted.flatMap(({ flags }) => flags),
  );
  return join(enginesFolder(), `${pinnedVersion()}-${key}`);
}

async function build(wanted: readonly GoProgram[], folder: string): Promise<void> {
  const go = findGo();
  const begin = Date.now();
  say(
    `building the Pulumi CLI ${pinnedVersion()} from source: no suitable one is installed. ` +
      "The first time this takes about 5 minutes; the result is kept",
  );
  mkdirSync(join(folder, "bin"));
  for (const program of wanted) await buildProgram(go, program, join(folder, "bin"));
  say(`the Pulumi CLI ${pinnedVersion()} was built in ${seconds(begin)} s`);
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

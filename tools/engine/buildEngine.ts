import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { enginesFolder, ensureEngineFolder } from "./engineFolder.ts";
import { findGo } from "./go.ts";
import { buildKeyOf, buildProgram, type GoProgram, seconds } from "./goProgram.ts";
import { say } from "./say.ts";
import { moduleFolders, pinnedVersion } from "./version.ts";

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
  return join(enginesFolder(), `${pinnedVersion()}-${buildKeyOf(wanted)}`);
}

async function build(wanted: readonly GoProgram[], folder: string): Promise<void> {
  const go = findGo("the Pulumi CLI", "or put a Pulumi CLI on PATH (pulumi.com/docs/install)");
  const begin = Date.now();
  say(
    `building the Pulumi CLI ${pinnedVersion()} from source: no suitable one is installed. ` +
      "The first time this takes about 5 minutes; the result is kept",
  );
  mkdirSync(join(folder, "bin"));
  for (const program of wanted) await buildProgram(go, program, join(folder, "bin"));
  say(`the Pulumi CLI ${pinnedVersion()} was built in ${seconds(begin)} s`);
}

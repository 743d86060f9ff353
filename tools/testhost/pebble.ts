import { join } from "node:path";
import { ensureEngineFolder } from "../engine/engineFolder.ts";
import { findGo } from "../engine/go.ts";
import { buildKeyOf, buildProgram, type GoProgram } from "../engine/goProgram.ts";
import { say } from "../engine/say.ts";
import { cacheFolder } from "../launch/paths.mjs";

/** The ACME server that Let's Encrypt tests clients with: https://github.com/letsencrypt/pebble */
const pebble: GoProgram = {
  name: "pebble",
  moduleFolder: join(import.meta.dirname, "pebble"),
  package: "github.com/letsencrypt/pebble/v2/cmd/pebble",
  flags: ["-ldflags=-s -w"],
};

/** Builds Pebble from the Go modules that this repository pins, unless the cache has it; returns the program. */
export async function ensurePebble(): Promise<string> {
  const folder = await ensureEngineFolder(join(cacheFolder(), "pebble", buildKeyOf([pebble])), {
    doing: "building-pebble",
    fill: (folder) => buildProgram(findGo("Pebble, the ACME server of the tests,"), pebble, folder),
    onWait: () => say("waiting for another process that builds Pebble"),
  });
  return join(folder, pebble.name);
}

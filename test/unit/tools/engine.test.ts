import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ensureEngine } from "../../../tools/engine/engine.ts";
import { pinnedVersion } from "../../../tools/engine/version.ts";
import { useTemporaryFolder } from "../../helpers/temporaryFolder.ts";

const folder = useTemporaryFolder();
const outerWorld = vi.fn<typeof fetch>();

beforeEach(() => {
  vi.stubEnv("MAILHOST_CACHE", join(folder(), "cache"));
  vi.stubEnv("PATH", join(folder(), "bin"));
  vi.stubGlobal("fetch", outerWorld.mockReset());
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

/** Puts a CLI of the pinned version there. */
function putCli(path: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho v${pinnedVersion()}\n`);
  chmodSync(path, 0o755);
  return path;
}

function putDownloadedCli(): string {
  return putCli(join(folder(), "cache", "engine", `${pinnedVersion()}-release`, "bin", "pulumi"));
}

it("an installed engine comes before one that was downloaded", async () => {
  putDownloadedCli();
  const cli = putCli(join(folder(), "bin", "pulumi"));
  expect(await ensureEngine()).toEqual({ root: folder(), cli, origin: "installed" });
});

it("a downloaded engine is used from then on, without a look at the outer world", async () => {
  const cli = putDownloadedCli();
  expect(await ensureEngine()).toEqual({ root: dirname(dirname(cli)), cli, origin: "downloaded" });
  expect(outerWorld).not.toHaveBeenCalled();
});

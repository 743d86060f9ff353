import { execFileSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeTemporaryFolder } from "../../helpers/temporaryFolder.ts";

const helper = join(import.meta.dirname, "../../helpers/temporaryFolder.ts");

/** The folder of a process that has ended without removing it. */
function abandonedFolder(): string {
  const script = `
    const { makeTemporaryFolder } = await import(${JSON.stringify(helper)});
    process.stdout.write(makeTemporaryFolder("unit"));`;
  return execFileSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" });
}

test("what a killed process has left is removed by the next one, and what somebody uses is not", () => {
  const used = makeTemporaryFolder("unit");
  const abandoned = abandonedFolder();
  expect(abandoned).toMatch(/mailhost-unit-/);
  const own = makeTemporaryFolder("unit");
  expect([abandoned, used, own].map((folder) => existsSync(folder))).toEqual([false, true, true]);
  for (const folder of [used, own]) rmSync(folder, { recursive: true });
});

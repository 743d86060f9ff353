import { mkdtempSync, readdirSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";

/**
 * Makes an empty folder, which has to be removed. Where this process is killed before that, the next one does it.
 *
 * @param purpose One word for its name
 */
export function makeTemporaryFolder(purpose: string): string {
  removeAbandoned();
  return realpathSync(mkdtempSync(join(tmpdir(), `mailhost-${purpose}-${process.pid}-`)));
}

function removeAbandoned(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = /^mailhost-[a-z0-9]+-(\d+)-\w{6}$/.exec(name)?.[1];
    if (owner === undefined || isRunning(Number(owner))) continue;
    const folder = join(tmpdir(), name);
    if (statSync(folder, { throwIfNoEntry: false })?.uid === process.getuid?.())
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Gives each test an empty folder of its own, which is removed after it. Call the result inside a test or hook. */
export function useTemporaryFolder(): () => string {
  let folder: string;
  beforeEach(() => {
    folder = makeTemporaryFolder("test");
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return () => folder;
}

import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { cacheFolder } from "../launch/paths.mjs";
import type { LabRecord } from "./labRecord.ts";
import { labPaths } from "./paths.ts";
import { commandEnvironment } from "./processes.ts";

/** What the owner says before it leaves a lab behind on purpose. */
export const dismissal = "dismissed";

/** The owner's end of the pipe to the process that watches over its lab. */
export interface Keeper {
  /** From now on the lab outlives this process. */
  dismiss(): void;
}

/**
 * Starts a process that removes the lab when this one ends, however it ends: the kernel closes the pipe between the two.
 */
export function startKeeper({ id, instance }: LabRecord): Keeper {
  const log = openSync(join(labPaths(id).logs, "keeper.log"), "a");
  const keeper = spawn(process.execPath, [join(import.meta.dirname, "keeperProcess.ts"), id, instance], {
    cwd: "/",
    env: { ...commandEnvironment(), MAILHOST_CACHE: cacheFolder() },
    // In a session of its own, so that an interrupt from the keyboard does not end it together with its owner.
    detached: true,
    stdio: ["pipe", "ignore", log],
  });
  closeSync(log);
  const { stdin } = keeper;
  if (!(stdin instanceof Socket)) throw new Error("the pipe to the lab's keeper is missing");
  stdin.on("error", () => {});
  // Neither the keeper nor the pipe is a reason for the owner to stay.
  keeper.unref();
  stdin.unref();
  return { dismiss: () => stdin.end(dismissal) };
}

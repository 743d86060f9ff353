import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inGroup } from "./cgroups.ts";
import { inNamespace } from "./network.ts";
import type { LabPaths } from "./paths.ts";
import { commandEnvironment } from "./processes.ts";

/** Where a service of the lab runs. */
export interface ServicePlace {
  readonly paths: LabPaths;
  readonly mark: string;
  readonly group: string;
  readonly namespace: string;
}

/**
 * Starts a program of this folder as a process of its own in one of the lab's namespaces, so that it lives as long as the
 * lab and not as long as its caller. Returns when the program has said that it is ready.
 *
 * @param options what the program gets as its only argument, as JSON
 */
export async function startService(place: ServicePlace, program: string, options: object): Promise<void> {
  const logFile = join(place.paths.logs, `${place.namespace}.log`);
  const log = openSync(logFile, "a");
  const node = [process.execPath, join(import.meta.dirname, program), JSON.stringify(options)];
  const [file = "", ...args] = inGroup(place.group, inNamespace(place.mark, place.namespace, node));
  const service = spawn(file, args, {
    cwd: "/",
    env: commandEnvironment(),
    detached: true,
    stdio: ["ignore", "pipe", log],
  });
  closeSync(log);
  const { stdout } = service;
  if (stdout === null) throw new Error(`the pipe from ${program} is missing`);
  const ready = once(stdout, "data").then(() => true);
  const failed = once(service, "exit").then(() => false);
  if (!(await Promise.race([ready, failed]))) {
    throw new Error(`${program} ended while starting:\n${readFileSync(logFile, "utf8").trim()}`);
  }
  stdout.destroy();
  service.unref();
}

/** Says, in a service, that it is ready. */
export function reportReady(): void {
  // The reader goes away once it has this; later writes to the closed pipe must not end the service.
  process.stdout.on("error", () => {});
  process.stdout.write("ready\n");
}

/** The options that {@link startService} passed to this process. */
export function serviceOptions<Options>(): Options {
  return JSON.parse(process.argv[2] ?? "{}") as Options;
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineEnvironment } from "./environment.ts";
import type { PreparedEngine } from "./prepareEngine.ts";

/** Commands of the CLI that start providers. */
export const deploying: readonly string[] = ["preview", "pre", "up", "update", "refresh", "destroy", "import"];

/** Stand-ins that the program of this repository asks for. Others are loaded once a program asks for them. */
const everyTime: readonly string[] = ["command", "tls"];

/**
 * Runs the engine with one process that serves the providers of this repository, and gets ready while the engine does.
 *
 * By itself an engine starts a process for each provider, one after the other, and again for those that the program names.
 *
 * @param run starts the engine in the environment that it is given
 */
export async function withProviders<Result>(
  { environment, standIns }: Pick<PreparedEngine, "environment" | "standIns">,
  run: (environment: EngineEnvironment) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "mailhost-providers-"));
  const socket = join(folder, "socket");
  const ahead = ["mailhost", ...standIns.filter((name) => everyTime.includes(name))];
  const server = spawn(process.execPath, [join(import.meta.dirname, "providerServer.ts"), socket, ...ahead], {
    // See provider/pulumi-resource-mailhost.
    env: { ...environment, NODE_COMPILE_CACHE: join(environment.NODE_COMPILE_CACHE, "providers") },
    stdio: ["pipe", "ignore", "inherit"],
    // A group of its own: Ctrl-C is for the engine, which then cancels what its providers do.
    detached: true,
  });
  const ended = once(server, "close");
  try {
    return await run({ ...environment, MAILHOST_PROVIDERS: socket });
  } finally {
    server.kill();
    await ended;
    rmSync(folder, { recursive: true });
  }
}

import { spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Runs `work` while no other process holds the lock of that file.
 *
 * flock(1) holds it in a child that ends with the pipe to us, so a killed process leaves no lock behind.
 *
 * @returns what `work` returns, or undefined when the lock's folder does not exist (any more)
 */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T | undefined> {
  const holder = spawn("flock", ["--exclusive", file, "sh", "-c", "echo; exec cat"], {
    stdio: ["pipe", "pipe", "ignore"],
    // In a group of its own, the holder survives an interrupt from the keyboard until `work` has ended.
    detached: true,
  });
  const ended = once(holder, "close");
  const locked = await Promise.race([once(holder.stdout, "data").then(() => true), ended.then(() => false)]);
  if (!locked) return undefined;
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await ended;
  }
}

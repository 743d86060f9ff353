import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Runs `work` while no other process runs under the same lock file; waits for its turn.
 *
 * flock(1) holds the lock, not this process, and lets go of it when its standard input ends: with the work, or with us.
 *
 * @template Result
 * @param {string} path
 * @param {() => Result | Promise<Result>} work
 * @param {{ onWait?: () => void }} [options] `onWait` is called once when another process holds the lock
 * @returns {Promise<Result>}
 */
export async function withLock(path, work, { onWait } = {}) {
  mkdirSync(dirname(path), { recursive: true });
  let release = await take(path, ["-n"]);
  if (release === undefined) {
    onWait?.();
    release = await take(path, []);
  }
  try {
    return await work();
  } finally {
    await release();
  }
}

/**
 * @param {string} path
 * @param {string[]} options of flock(1)
 * @returns {Promise<() => Promise<void>>} what gives the lock back; nothing where another process holds it and `options` say not to wait
 */
function take(path, options) {
  // A group of its own: Ctrl-C must not take the lock from us while we clean up.
  const holder = spawn("flock", [...options, path, "sh", "-c", "echo && exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
    detached: true,
  });
  const ended = new Promise((resolve) => holder.once("close", resolve));
  return new Promise((resolve, reject) => {
    holder.once("error", (error) => reject(new Error(`flock(1) of util-linux is needed: ${error.message}`)));
    holder.stdout.once("data", () =>
      resolve(async () => {
        holder.stdin.end();
        await ended;
      }),
    );
    holder.once("exit", (code) => {
      if (code === 1 && options.length > 0) resolve(undefined);
      else reject(new Error(`flock ${path} ended with ${code}`));
    });
  });
}

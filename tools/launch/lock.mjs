import { randomUUID } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const pollMilliseconds = 200;

/** A holder that cannot be looked up (another container or machine) is given up after this time. */
const unknownHolderMilliseconds = 30 * 60_000;

/**
 * Runs `work` while no other process runs under the same lock file; waits for its turn.
 *
 * The file names the process that holds the lock, so that one left behind by a killed process is noticed and removed.
 * It appears complete, by a hard link: nobody reads half a record.
 *
 * @template Result
 * @param {string} path
 * @param {() => Result | Promise<Result>} work
 * @param {{ onWait?: (holder: string) => void }} [options] `onWait` is called once when somebody else holds the lock
 * @returns {Promise<Result>}
 */
export async function withLock(path, work, options = {}) {
  let { onWait } = options;
  while (!take(path)) {
    if (await breakAbandoned(path)) continue;
    onWait?.(holderOf(path)?.pid.toString() ?? "unknown");
    onWait = undefined;
    await sleep(pollMilliseconds);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** @param {string} path */
function take(path) {
  mkdirSync(dirname(path), { recursive: true });
  const own = `${path}.${randomUUID()}`;
  writeFileSync(own, JSON.stringify({ ...surroundings(), pid: process.pid, started: startTime(process.pid) }));
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

/**
 * Removes the lock of a process that is gone. Only the holder of a second lock, of the same kind, may do so: otherwise
 * two waiting processes could see the same dead holder, and the slower one would remove the lock of the faster one.
 *
 * @param {string} path
 */
async function breakAbandoned(path) {
  if (!isAbandoned(path)) return false;
  return withLock(`${path}.break`, () => {
    if (isAbandoned(path)) rmSync(path, { force: true });
    return true;
  });
}

/** @param {string} path */
function isAbandoned(path) {
  const holder = holderOf(path);
  if (holder === undefined) return false;
  const here = surroundings();
  if (holder.machine === here.machine && holder.boot !== here.boot) return true;
  if (holder.machine !== here.machine || holder.namespace !== here.namespace) {
    return Date.now() - holder.since > unknownHolderMilliseconds;
  }
  return !isRunning(holder.pid) || startTime(holder.pid) !== holder.started;
}

/** @param {string} path */
function holderOf(path) {
  try {
    return { ...JSON.parse(readFileSync(path, "utf8")), since: statSync(path).mtimeMs };
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** What a process number depends on to mean anything. */
function surroundings() {
  return {
    machine: hostname(),
    boot: fromProc(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    namespace: fromProc(() => readlinkSync("/proc/self/ns/pid")),
  };
}

/**
 * When the process was started, in ticks since boot: tells it from a later one with the same number.
 *
 * @param {number} pid
 */
function startTime(pid) {
  return fromProc(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  });
}

/**
 * What /proc says, and nothing on a system without it.
 *
 * @param {() => string} read
 */
function fromProc(read) {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** @param {number} pid */
function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

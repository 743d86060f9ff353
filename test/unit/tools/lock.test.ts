import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, expect, it, vi } from "vitest";
import { withLock } from "../../../tools/launch/lock.mjs";
import { checkoutFolder } from "../../../tools/launch/paths.mjs";
import { useTemporaryFolder } from "../../helpers/temporaryFolder.ts";

const folder = useTemporaryFolder();
let path: string;

beforeEach(() => {
  path = join(folder(), "x.lock");
});

/** Leaves a lock behind whose holder, by its start time, is another process than the one with its number today. */
async function abandon(): Promise<void> {
  const record = await withLock(path, () => JSON.parse(readFileSync(path, "utf8")));
  writeFileSync(path, JSON.stringify({ ...record, started: "1" }));
}

it("lets one in at a time", async () => {
  let inside = 0;
  let most = 0;
  const work = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await sleep(5);
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 5 }, () => withLock(path, work)));
  expect(most).toBe(1);
  expect(readdirSync(folder())).toEqual([]);
});

it("is given back when the work fails", async () => {
  await expect(
    withLock(path, () => {
      throw new Error("no luck");
    }),
  ).rejects.toThrow("no luck");
  expect(existsSync(path)).toBe(false);
});

it("hands on the result", async () => {
  expect(await withLock(path, () => 42)).toBe(42);
});

it("is taken over from a killed holder, by one of those that wait", async () => {
  const holder = spawn(process.execPath, [
    "--input-type=module",
    "--eval",
    `import { withLock } from ${JSON.stringify(join(checkoutFolder, "tools/launch/lock.mjs"))};
     setInterval(() => {}, 1000);
     await withLock(${JSON.stringify(path)}, () => { console.log("held"); return new Promise(() => {}); });`,
  ]);
  await once(holder.stdout, "data");
  const onWait = vi.fn();
  let inside = 0;
  const work = async () => {
    inside += 1;
    expect(inside).toBe(1);
    await sleep(5);
    inside -= 1;
  };
  const waiting = Promise.all(Array.from({ length: 5 }, () => withLock(path, work, { onWait })));
  await vi.waitFor(() => expect(onWait).toHaveBeenCalledWith(String(holder.pid)));
  expect(inside).toBe(0);
  holder.kill("SIGKILL");
  await waiting;
  expect(readdirSync(folder())).toEqual([]);
});

it("is taken over once, when two have seen that its holder is gone", async () => {
  await abandon();
  let inside = 0;
  let most = 0;
  const work = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await sleep(500);
    inside -= 1;
  };
  const both: Promise<void>[] = [];
  // Whoever removes a dead holder's lock needs this one: held here until both have found the holder dead.
  await withLock(`${path}.break`, async () => {
    both.push(withLock(path, work), withLock(path, work));
    await sleep(50);
  });
  await Promise.all(both);
  expect(most).toBe(1);
});

it("is taken over from a process that had the same number before", async () => {
  await abandon();
  expect(await withLock(path, () => "mine")).toBe("mine");
  expect(readdirSync(folder())).toEqual([]);
});

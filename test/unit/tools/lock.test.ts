import { spawn } from "node:child_process";
import { once } from "node:events";
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
});

it("is given back when the work fails", async () => {
  await expect(
    withLock(path, () => {
      throw new Error("no luck");
    }),
  ).rejects.toThrow("no luck");
  expect(await withLock(path, () => 42)).toBe(42);
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
  await vi.waitFor(() => expect(onWait).toHaveBeenCalledTimes(5));
  expect(inside).toBe(0);
  holder.kill("SIGKILL");
  await waiting;
});

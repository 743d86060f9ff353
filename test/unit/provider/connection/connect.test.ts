import { describe, expect, test } from "vitest";
import { RootConnection } from "../../../../provider/connection/connect.ts";
import type { Outcome } from "../../../../provider/connection/connection.ts";

/** A way to a host on which every command runs until the test ends it. */
class Commands {
  readonly user: string;
  readonly userSetting = "mailhost:target.user";
  readonly lines: string[] = [];
  readonly #ends: ((outcome: Outcome) => void)[] = [];
  #fail: (error: Error) => void = () => {};

  constructor(user = "root") {
    this.user = user;
  }

  execute(line: string): Promise<Outcome> {
    this.lines.push(line);
    return new Promise((resolve, reject) => {
      this.#ends.push(resolve);
      this.#fail = reject;
    });
  }

  endOne(outcome: Partial<Outcome> = {}): void {
    this.#ends.shift()?.({ code: 0, stdout: "", stderr: "", ...outcome });
  }

  close(): void {
    this.#fail(new Error("closed"));
  }
}

describe("a connection", () => {
  test("runs eight commands at once and no more, for sshd refuses the eleventh", async () => {
    const commands = new Commands();
    const connection = new RootConnection(() => commands);
    const all = Array.from({ length: 20 }, () => connection.run("true"));
    for (let ended = 0; ended < 20; ended++) {
      await expect.poll(() => commands.lines.length).toBe(Math.min(20, 8 + ended));
      commands.endOne();
    }
    await Promise.all(all);
  });

  test("uses sudo unless one is root already, and has what changes the host outlive it", async () => {
    for (const [user, prefix] of [
      ["root", ""],
      ["op", "sudo -n "],
    ] as const) {
      const commands = new Commands(user);
      const connection = new RootConnection(() => commands);
      const both = [connection.run("true"), connection.run("true", { detached: true })];
      await expect.poll(() => commands.lines).toHaveLength(2);
      expect(commands.lines).toEqual([
        `${prefix}sh -s`,
        expect.stringMatching(new RegExp(`^${prefix}systemd-run .*--unit=mailhost-change-.* sh -s$`)),
      ]);
      commands.endOne();
      commands.endOne();
      await Promise.all(both);
    }
  });

  test("says which setting to change where sudo refuses", async () => {
    const commands = new Commands("op");
    const run = new RootConnection(() => commands).run("true");
    await expect.poll(() => commands.lines).toHaveLength(1);
    commands.endOne({ code: 1, stderr: "sudo: a password is required\n" });
    await expect(run).rejects.toThrow(
      /^mailhost:target\.user: op may not become root without a password \(sudo: a password is required\): give op "NOPASSWD: ALL"/,
    );
  });

  test("that is closed tells what had begun from what had not", async () => {
    const commands = new Commands();
    const connection = new RootConnection(() => commands);
    const begun = connection.run("true");
    await expect.poll(() => commands.lines).toHaveLength(1);
    connection.close();
    await expect(begun).rejects.toThrow("the deployment was cancelled; what had begun on the host goes on");
    await expect(connection.run("true")).rejects.toThrow(/^the deployment was cancelled$/);
  });
});

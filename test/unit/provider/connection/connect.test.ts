import { describe, expect, test } from "vitest";
import { RootConnection } from "../../../../provider/connection/connect.ts";
import type { Outcome } from "../../../../provider/connection/connection.ts";
import { ChannelRefused, HostOccupied } from "../../../../provider/connection/errors.ts";

/** Who has spoken on the host when a command ends. */
interface Ending extends Outcome {
  /** Printed before our command, by what the log-in runs; also whether that command began at all. */
  logIn: { stdout?: string; stderr?: string; began?: boolean; after?: string };
  /** Printed by sudo, and whether it let the script begin. */
  sudo: { stderr?: string; refused?: boolean };
}

/** A way to a host on which every command runs until the test ends it, or is refused a channel. */
class Commands {
  readonly user: string;
  readonly userSetting = "mailhost:target.user";
  readonly lines: string[] = [];
  readonly #ends: ((outcome: Partial<Ending>) => void)[] = [];
  #fail: (error: Error) => void = () => {};
  /** How many commands the host lets run at once. */
  #sessions: number;

  constructor(user = "root", sessions = Number.POSITIVE_INFINITY) {
    this.user = user;
    this.#sessions = sessions;
  }

  get running(): number {
    return this.#ends.length;
  }

  execute(line: string, script: string): Promise<Outcome> {
    if (this.running >= this.#sessions) return Promise.reject(new ChannelRefused("refused"));
    const [, commandMark = "", command = ""] =
      /echo (\S+) >&2; }; mark; (.*); code=\$\?; mark; exit \$code'$/.exec(line) ?? [];
    const [, scriptMark = ""] = /^begin\(\) .* echo (\S+) >&2; }\nbegin \|\| exit\n/.exec(script) ?? [];
    this.lines.push(command);
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      this.#ends.push(({ code = 0, stdout = "", stderr = "", logIn = {}, sudo = {} }) => {
        const answer = (before: string, ofSudo: string, own: string) => {
          if (logIn.began === false) return before + own;
          const script = sudo.refused ? own : `\n${scriptMark}\n${own}`;
          return `${before}\n${commandMark}\n${ofSudo}${script}\n${commandMark}\n${logIn.after ?? ""}`;
        };
        resolve({
          code,
          stdout: answer(logIn.stdout ?? "", "", stdout),
          stderr: answer(logIn.stderr ?? "", sudo.stderr ?? "", stderr),
        });
      });
    });
  }

  endOne(ending: Partial<Ending> = {}): void {
    this.#ends.shift()?.(ending);
  }

  close(): void {
    this.#fail(new Error("closed"));
  }
}

/** How a script goes that ends so. */
async function outcomeOf(ending: Partial<Ending>, { user = "op", detached = false } = {}): Promise<Outcome> {
  const commands = new Commands(user);
  const run = new RootConnection(() => commands).run("true", { detached });
  await expect.poll(() => commands.lines).toHaveLength(1);
  commands.endOne(ending);
  return run;
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
      const all = [{}, { detached: true }, { scratch: true }].map((options) => connection.run("true", options));
      await expect.poll(() => commands.lines).toHaveLength(3);
      expect(commands.lines).toEqual([
        `${prefix}sh -s`,
        expect.stringMatching(new RegExp(`^${prefix}systemd-run .*--unit=mailhost-txn sh -s$`)),
        expect.stringMatching(
          new RegExp(`^${prefix}systemd-run .*--unit=(mailhost-check-\\S+) .*RuntimeDirectory=\\1 .* sh -s$`),
        ),
      ]);
      for (const _ of all) commands.endOne();
      await Promise.all(all);
    }
  });

  test("answers what the script says, and nothing of what log-in and sudo say around it", async () => {
    const logIn = {
      stdout: "Welcome to mail!\nno end of line",
      stderr: "\u001b[31mfortune: not found",
      after: "bye\n",
    };
    const sudo = { stderr: "sudo: unable to resolve host mail: Name or service not known\n" };
    expect(await outcomeOf({ code: 3, stdout: "one\n\ntwo", stderr: "doveconf: Fatal\n", logIn, sudo })).toEqual({
      code: 3,
      stdout: "one\n\ntwo",
      stderr: "doveconf: Fatal\n",
    });
    expect(await outcomeOf({ stdout: "\n", logIn })).toEqual({ code: 0, stdout: "\n", stderr: "" });
  });

  test.each([
    [
      "the shell is nologin",
      { code: 1, stdout: "This account is currently not available.\n" },
      /^mailhost:target\.user: the log-in of op on the host \(shell nologin\) ended with exit code 1 before a command began, and said "This account is currently not available\.": give it a shell .*usermod --shell \/bin\/bash op/,
    ],
    [
      "the password has expired",
      { code: 1, stderr: "WARNING: Your password has expired.\nPassword change required but no TTY available.\n" },
      /log-in of op .* said "WARNING: Your password has expired\. \/ Password change required but no TTY available\.": set another password of op .*passwd op.*chage/,
    ],
    [
      "its files end it",
      { code: 7, stderr: "/bin/bash: line 1: x: y\n2\n3\n4\n" },
      /log-in of op on the host \(shell bash\) ended with exit code 7 .* said "\/bin\/bash: line 1: x: y \/ 2 \/ 3 \.\.\.": .*getent passwd op.*~op\/\.bashrc.*config\.fish.*\/etc\/profile.*ForceCommand/,
    ],
    [
      "it says nothing",
      { code: 1 },
      /log-in of op on the host ended with exit code 1 .*, and said nothing: .*\.bashrc/,
    ],
  ])("says what a log-in is like that runs no command: %s", async (_what, outcome, says) => {
    await expect(outcomeOf({ ...outcome, logIn: { began: false } })).rejects.toThrow(says);
  });

  test.each([
    [
      "sudo: a password is required\n",
      /^mailhost:target\.user: op may not become root without a password \(sudo: a password is required\): give op "NOPASSWD: ALL"/,
    ],
    [
      "sudo: unable to resolve host mail: Name or service not known\nsudo: sorry, you must have a tty to run sudo\n",
      /^mailhost:target\.user: op may not become root without a terminal \(sudo: sorry, you must have a tty to run sudo\): put `Defaults:op !requiretty`/,
    ],
    [
      "sudo: Account or password is expired, reset your password and try again\n",
      /op may not become root, because the password has expired \(sudo: .*\): set another password of op .*passwd op/,
    ],
    [
      "sh: 1: sudo: not found\n",
      /^mailhost:target\.user: op cannot become root without sudo \(sh: 1: sudo: not found\): install it on the host and give op "NOPASSWD: ALL"/,
    ],
  ])("says what to change where sudo refuses: %j", async (stderr, says) => {
    const logIn = { stdout: "Welcome\n", stderr: "noise\n" };
    await expect(outcomeOf({ code: 1, logIn, sudo: { refused: true, stderr } })).rejects.toThrow(says);
  });

  test("says so where the log-in has read the script, and where systemd does not take a change", async () => {
    await expect(outcomeOf({ sudo: { refused: true } })).rejects.toThrow(
      /the log-in of op on the host began a command, but its script did not arrive; .*must not read standard input$/,
    );
    const stderr = "Failed to connect to system scope bus\n";
    await expect(outcomeOf({ code: 1, sudo: { refused: true, stderr } }, { detached: true })).rejects.toThrow(
      /^systemd-run\(1\) on the host did not start the change, which has not begun, and said "Failed to connect to /,
    );
    const occupied =
      "Failed to start transient service unit: Unit mailhost-txn.service was already loaded or has a fragment file.\n";
    await expect(outcomeOf({ code: 1, sudo: { refused: true, stderr: occupied } }, { detached: true })).rejects.toThrow(
      HostOccupied,
    );
  });

  test("asks for fewer sessions where sshd allows few, and repeats what was refused", async () => {
    for (const sessions of [1, 2]) {
      const commands = new Commands("root", sessions);
      const connection = new RootConnection(() => commands);
      let done = 0;
      const all = Array.from({ length: 5 }, () => connection.run("true").then(() => done++));
      for (let ended = 1; ended <= 5; ended++) {
        await expect.poll(() => commands.lines.length).toBeGreaterThanOrEqual(ended);
        commands.endOne();
        await expect.poll(() => done).toBe(ended);
      }
      await Promise.all(all);
      expect(commands.lines).toHaveLength(5);
    }
  });

  test("names MaxSessions where sshd allows no session at all", async () => {
    const connection = new RootConnection(() => new Commands("root", 0));
    const all = await Promise.allSettled(Array.from({ length: 3 }, () => connection.run("true")));
    expect(all.map((one) => String(one.status === "rejected" && one.reason))).toEqual(
      Array(3).fill(
        expect.stringMatching(/^OperationError: refused: .*MaxSessions of 1 or more in \/etc\/ssh\/sshd_config/),
      ),
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

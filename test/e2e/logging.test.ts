import { beforeAll, describe, expect, test } from "vitest";
import { useDeployedHost } from "../helpers/deployedHost.ts";
import { openImapAs } from "../helpers/imapConversation.ts";
import { openMailbox } from "../helpers/mailbox.ts";

const settings = { domains: { "domain.tld": { mailboxes: { alice: {} } } } };
const mail = useDeployedHost(settings);

const syslogFiles = ["log", "info", "warn", "err", "lmtp"].map((name) => `/var/log/dovecot.${name}`);
const ownFiles = ["/var/log/dovecot.log", "/var/log/dovecot-info.log"];

/** Delivers a message with this Message-ID, which Dovecot logs. */
async function deliver(id: string): Promise<void> {
  const message = `Message-ID: <${id}@domain.tld>\nFrom: root\nTo: alice\nSubject: test\n\ntext\n`;
  await mail().host.run("sendmail -i alice@domain.tld", message);
}

/** Waits until a line with `text` is in the file, from its beginning on. */
async function seen(file: string, text: string): Promise<number> {
  const { code } = await mail().host.run(
    `timeout 30 sh -c 'tail -n +1 -F ${file} 2>/dev/null | grep -m 1 -q "${text}"'`,
  );
  return code;
}

async function count(file: string, text: string): Promise<number> {
  const { stdout } = await mail().host.run(`cat ${file} 2>/dev/null | grep -c "${text}" || true`);
  return Number(stdout);
}

/** Writes a line that belongs into all files of syslog. */
async function logEverywhere(text: string): Promise<void> {
  await mail().host.run(`logger -p local1.err -t dovecot 'saved mail to ${text}'`);
  for (const file of syslogFiles) expect(await seen(file, text), file).toBe(0);
}

/** Ends a process of Dovecot, which is an error to its master. Returns the text that tells of it. */
async function provokeError(): Promise<string> {
  const { stdout } = await mail().host.run(
    "pid=$(pgrep --oldest --full '^dovecot/imap-login') && kill -KILL $pid && echo $pid",
  );
  return `service(imap-login): child ${stdout.trim()} killed with signal 9`;
}

/** Lets systemd run logrotate, as its timer does, long after these files were rotated last. */
async function rotateByTimer(files: readonly string[]): Promise<void> {
  const { run } = mail().host;
  expect((await run("systemctl is-active logrotate.timer")).stdout).toBe("active\n");
  const state = ["logrotate state -- version 2", ...files.map((file) => `"${file}" 2020-1-1-0:0:0`), ""];
  await run("cat >/var/lib/logrotate/status", state.join("\n"));
  expect(await run("systemctl start logrotate.service")).toEqual({ code: 0, stdout: "", stderr: "" });
}

/** What logrotate says that it would do by itself. */
async function rotationPlan(): Promise<string> {
  return (await mail().host.run("logrotate --debug /etc/logrotate.d/dovecot 2>&1")).stdout;
}

describe("by syslog", () => {
  test("a delivery is in the files of its severity and in that of deliveries", async () => {
    await deliver("first");
    for (const file of ["log", "info", "lmtp"])
      expect(await seen(`/var/log/dovecot.${file}`, "first@domain.tld")).toBe(0);
    expect(await count("/var/log/dovecot.warn", "first@domain.tld")).toBe(0);
  });

  test("what a user deletes is in it with its Message-ID", async () => {
    await deliver("deleted");
    {
      await using mailbox = await openMailbox(mail(), "alice@domain.tld");
      await mailbox.waitFor("test");
    }
    using imap = await openImapAs(mail(), "alice@domain.tld");
    await imap.say("SELECT INBOX");
    await imap.say("STORE 1:* +FLAGS (\\Deleted)");
    await imap.say("EXPUNGE");
    for (const action of ["delete", "expunge"])
      expect(await seen("/var/log/dovecot.info", `${action}: .*msgid=<deleted@domain.tld>`)).toBe(0);
  });

  test("warnings and errors have files of their own", async () => {
    const { run } = mail().host;
    await run("logger -p local1.warning -t dovecot a-warning; logger -p local1.err -t dovecot an-error");
    expect(await seen("/var/log/dovecot.warn", "a-warning")).toBe(0);
    expect(await seen("/var/log/dovecot.err", "an-error")).toBe(0);
    expect(await count("/var/log/dovecot.err", "a-warning")).toBe(0);
  });

  test("another program cannot write among the deliveries", async () => {
    await mail().host.run(
      "logger -p user.info 'saved mail to forged'; logger -p local1.info -t dovecot 'saved mail to marker'",
    );
    expect(await seen("/var/log/dovecot.lmtp", "marker")).toBe(0);
    expect(await count("/var/log/dovecot.lmtp", "forged")).toBe(0);
  });

  test("all five files rotate, and new lines are in the new ones", async () => {
    await logEverywhere("before-rotation");
    await rotateByTimer(syslogFiles);
    await logEverywhere("after-rotation");
    for (const file of syslogFiles) {
      expect(await count(file, "before-rotation"), file).toBe(0);
      expect(await count(`${file}.1`, "before-rotation"), file).toBe(1);
      expect(await count(`${file}.1`, "after-rotation"), file).toBe(0);
    }
  });

  test("a year of weeks is kept, all but the last compressed, for the group adm to read", async () => {
    expect(await rotationPlan()).toMatch(/weekly .*\(52 rotations\)/);
    await mail().host.run("logrotate -f /etc/logrotate.d/dovecot");
    await logEverywhere("after-two-rotations");
    for (const file of syslogFiles) {
      const { stdout } = await mail().host.run(`stat -c '%U:%G %a %n' ${file}*`);
      expect(stdout).toBe(`root:adm 640 ${file}\nroot:adm 640 ${file}.1\nroot:adm 640 ${file}.2.gz\n`);
    }
  });

  test("there is no copy in /var/log/syslog where none is wanted", async () => {
    await deliver("in-both");
    expect(await seen("/var/log/syslog", "dovecot: .*in-both@domain.tld")).toBe(0);
    await mail().deploy({ ...settings, logging: { stopSyslogCopy: true } });
    await deliver("in-one");
    expect(await seen("/var/log/dovecot.info", "in-one@domain.tld")).toBe(0);
    // By now whatever is said of the delivery is there.
    await mail().host.run("logger after-the-delivery");
    expect(await seen("/var/log/syslog", "after-the-delivery")).toBe(0);
    expect(await count("/var/log/syslog", "dovecot: .*in-one@domain.tld")).toBe(0);
  });
});

describe("by Dovecot's own files", () => {
  beforeAll(async () => {
    await mail().deploy({ ...settings, logging: { method: "files", keep: 3 } });
  });

  test("a delivery is in the file of information, and not in syslog's any more", async () => {
    await deliver("own");
    expect(await seen("/var/log/dovecot-info.log", "own@domain.tld")).toBe(0);
    expect(await count("/var/log/dovecot.lmtp", "own@domain.tld")).toBe(0);
    expect((await mail().host.run("ls /etc/rsyslog.d/10-dovecot.conf")).code).not.toBe(0);
  });

  test("an error is in the other file", async () => {
    const error = await provokeError();
    expect(await seen("/var/log/dovecot.log", error)).toBe(0);
    expect(await count("/var/log/dovecot-info.log", error)).toBe(0);
    expect(await count("/var/log/dovecot.log", "own@domain.tld")).toBe(0);
  });

  test("both files rotate, and new lines are in the new ones", async () => {
    const before = await provokeError();
    expect(await seen("/var/log/dovecot.log", before)).toBe(0);
    await rotateByTimer(ownFiles);
    const after = await provokeError();
    await deliver("reopened");
    for (const [file = "", old, fresh] of [
      [ownFiles[0], before, after],
      [ownFiles[1], "own@domain.tld", "reopened@domain.tld"],
    ] as const) {
      expect(await seen(file, fresh), file).toBe(0);
      expect(await count(file, old), file).toBe(0);
      expect(await count(`${file}.1`, old), file).toBe(1);
      expect(await count(`${file}.1`, fresh), file).toBe(0);
      expect((await mail().host.run(`stat -c '%U:%G %a' ${file}`)).stdout).toBe("root:root 600\n");
    }
    expect(await rotationPlan()).toMatch(/weekly .*\(3 rotations\)/);
  });
});

test("the unit of Dovecot is the package's with our additions", async () => {
  const { stdout } = await mail().host.run(
    "systemctl show --property=Restart,LimitCORE,RequiresMountsFor,Wants,FragmentPath dovecot.service | sort",
  );
  expect(stdout.trim().split("\n")).toEqual([
    expect.stringMatching(/^FragmentPath=(?:\/usr)?\/lib\/systemd\/system\/dovecot\.service$/),
    "LimitCORE=0",
    expect.stringMatching(/^RequiresMountsFor=.*(?<=[= ])\/var\/vmail(?: |$)/),
    "Restart=on-failure",
    expect.stringMatching(/\bnetwork-online\.target\b/),
  ]);
  const limits = await mail().host.run("grep 'core file' /proc/$(cat /run/dovecot/master.pid)/limits");
  expect(limits.stdout).toMatch(/ 0 +0 +bytes/);
});

test("Dovecot comes back after a crash", async () => {
  const { host } = mail();
  await host.run("systemctl kill --signal=SIGKILL --kill-whom=main dovecot.service");
  await host.run(
    "timeout 30 sh -c 'until systemctl --quiet is-active dovecot.service && doveadm service status >/dev/null 2>&1; do systemctl is-system-running --wait >/dev/null; done'",
  );
  await deliver("after-crash");
  expect(await seen("/var/log/dovecot-info.log", "after-crash@domain.tld")).toBe(0);
});

import { beforeAll, describe, expect, test } from "vitest";
import { useDeployedHost } from "../helpers/deployedHost.ts";
import { openImapAs } from "../helpers/imapConversation.ts";
import { openMailbox } from "../helpers/mailbox.ts";

const settings = { domains: { "domain.tld": { mailboxes: { alice: {} } } } };
const mail = useDeployedHost(settings);

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

  test("after a rotation new lines are in the new file", async () => {
    expect((await mail().host.run("logrotate -f /etc/logrotate.d/dovecot")).stderr).toBe("");
    await deliver("rotated");
    expect(await seen("/var/log/dovecot.lmtp", "rotated@domain.tld")).toBe(0);
    expect(await count("/var/log/dovecot.lmtp", "first@domain.tld")).toBe(0);
    expect(await count("/var/log/dovecot.lmtp.1", "first@domain.tld")).toBe(1);
    expect(await count("/var/log/dovecot.lmtp.1", "rotated@domain.tld")).toBe(0);
  });

  test("a year of weeks is kept, all but the last compressed, for the group adm to read", async () => {
    const plan = await mail().host.run("logrotate --debug --force /etc/logrotate.d/dovecot 2>&1");
    expect(plan.stdout).toMatch(/\(52 rotations\)/);
    await mail().host.run("logrotate -f /etc/logrotate.d/dovecot");
    await deliver("rotated-twice");
    expect(await seen("/var/log/dovecot.lmtp", "rotated-twice@domain.tld")).toBe(0);
    const { stdout } = await mail().host.run("cd /var/log && stat -c '%U:%G %a %n' dovecot.lmtp*");
    expect(stdout).toBe("root:adm 640 dovecot.lmtp\nroot:adm 640 dovecot.lmtp.1\nroot:adm 640 dovecot.lmtp.2.gz\n");
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

  test("after a rotation new lines are in the new file", async () => {
    expect((await mail().host.run("logrotate -f /etc/logrotate.d/dovecot")).stderr).toBe("");
    await deliver("reopened");
    expect(await seen("/var/log/dovecot-info.log", "reopened@domain.tld")).toBe(0);
    expect(await count("/var/log/dovecot-info.log", "own@domain.tld")).toBe(0);
    expect((await mail().host.run("stat -c '%U:%G %a' /var/log/dovecot-info.log")).stdout).toBe("root:root 600\n");
  });
});

test("the unit of Dovecot is the package's with our additions", async () => {
  const { stdout } = await mail().host.run(
    "systemctl show --property=Restart,LimitCORE,RequiresMountsFor,Wants,FragmentPath dovecot.service | sort",
  );
  expect(stdout.trim().split("\n")).toEqual([
    "FragmentPath=/usr/lib/systemd/system/dovecot.service",
    "LimitCORE=0",
    "RequiresMountsFor=/var/vmail",
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

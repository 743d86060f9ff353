import { describe, expect, test } from "vitest";
import { connect } from "../../provider/connection/connect.ts";
import { resolveTarget } from "../../provider/connection/target.ts";
import { Host } from "../../provider/machine/host.ts";
import { systemd } from "../../provider/machine/systemd.ts";
import { deleteLeftMail, lookAtLeftMail } from "../../tools/mail/leftMail.ts";
import { waitUntil } from "../../tools/testhost/waiting.ts";
import { useDeployedHost } from "../helpers/deployedHost.ts";
import { openImapAs } from "../helpers/imapConversation.ts";
import { openMailbox } from "../helpers/mailbox.ts";
import { changedFiles, fileTimes, masterProcesses, reloads, shell } from "../helpers/providerHost.ts";
import { openSubmissionAs } from "../helpers/smtpConversation.ts";

const withBob = { domains: { "domain.tld": { mailboxes: { alice: {}, bob: {} } } } };
const withoutBob = { domains: { "domain.tld": { mailboxes: { alice: {} } } } };
const mail = useDeployedHost(withBob);
const bobsHome = "/var/vmail/domain.tld/bob";

test("a lost state: up takes the host over as it is, sessions go on, and clients trust it as before", async () => {
  const { host, project } = mail();
  await shell(host, "sendmail -i alice@domain.tld", "Subject: before\n\ntext\n");
  await using mailbox = await openMailbox(mail(), "alice@domain.tld");
  await mailbox.waitFor("before");
  using imap = await openImapAs(mail(), "alice@domain.tld");
  const validity = await imap.say("STATUS INBOX (UIDVALIDITY UIDNEXT)");
  await imap.say("SELECT INBOX");
  const stopIdling = await imap.idle();
  const daemons = [await masterProcesses(host), await reloads(host)];
  const files = await fileTimes(host);

  await project.loseState();
  const { changes } = await project.up();
  const outputs = await project.outputs();

  expect(changes.create).toBeGreaterThan(15);
  expect(outputs.certificateAuthority?.value).toBe(mail().certificateAuthority);
  expect([await masterProcesses(host), await reloads(host)]).toEqual(daemons);
  expect(changedFiles(files, await fileTimes(host))).toEqual([]);
  using submission = await openSubmissionAs(mail(), "alice@domain.tld");
  const letter = { from: "alice@domain.tld", to: "alice@domain.tld", subject: "after" };
  expect(await submission.send(letter)).toMatch(/^250 /);
  await mailbox.waitFor("after");
  expect(`${await stopIdling()}\n${await imap.say("NOOP")}`).toContain("EXISTS");
  const uidValidity = (status: string) => /UIDVALIDITY \d+/.exec(status)?.[0];
  using later = await openImapAs(mail(), "alice@domain.tld");
  expect(uidValidity(await later.say("STATUS INBOX (UIDVALIDITY)"))).toBe(uidValidity(validity));
  expect((await project.preview()).changeSummary).not.toHaveProperty("update");
});

describe("the mail of a mailbox that is removed", () => {
  test("and is in the queue yet is listed by preview and up", async () => {
    const { host, project, deploy, preview } = mail();
    await shell(host, "sendmail -i -f bob@domain.tld bob@domain.tld", "Subject: in the home\n\ntext\n");
    {
      await using mailbox = await openMailbox(mail(), "bob@domain.tld");
      await mailbox.waitFor("in the home");
    }
    await shell(host, "systemctl stop dovecot.service");
    await shell(host, "sendmail -i -f bob@domain.tld bob@domain.tld", "Subject: in the queue\n\ntext\n");
    const isDeferred = async () => /"delay_reason"/.exec(await shell(host, "postqueue -j")) ?? undefined;
    await waitUntil(isDeferred, { what: "the message to be deferred", timeoutMs: 120_000 });
    await shell(host, "postsuper -h ALL 2>/dev/null && systemctl start dovecot.service");

    const told = [
      /warning: the queue holds mail to bob@domain\.tld, which will bounce: \w+ \(\d+ bytes, since .*, from <bob@domain\.tld> to bob@domain\.tld\)/,
      /warning: the queue holds mail from bob@domain\.tld, which still goes out: /,
    ];
    await preview(withoutBob);
    for (const line of told) expect(project.output()).toMatch(line);
    const before = project.output().length;
    await deploy(withoutBob);
    for (const line of told) expect(project.output().slice(before)).toMatch(line);
    await shell(host, "postsuper -d ALL 2>/dev/null");
    expect(await shell(host, `find ${bobsHome} -type f -name '*,S=*' | wc -l`)).toBe("1");
  });

  test("is deleted by an act of its own, which follows no link and refuses whatever is no mail of a removed mailbox", async () => {
    const { host } = mail();
    const { address, hostKey, privateKeyFile } = host;
    const target = { connection: "ssh", address, hostKey, privateKeyFile };
    const connection = connect(() => resolveTarget(target, {}), systemd);
    const onHost = new Host(connection, host.release, "a test");
    try {
      const left = await lookAtLeftMail(onHost, "bob@domain.tld");
      expect(left).toMatchObject({ home: bobsHome, files: expect.any(Number) });
      expect(left.directories).toMatch(/^[\d.]+K\t\/var\/vmail\/domain\.tld\/bob\/maildir$/m);
      for (const [other, refusal] of [
        ["alice@domain.tld", /alice@domain\.tld is a user of the host: .*; nothing was deleted/],
        ["nobody@domain.tld", /there is no \/var\/vmail\/domain\.tld\/nobody on the host/],
        ["domain.tld@auth.d", /\/var\/vmail\/auth\.d on the host holds no mailboxes/],
        ["team@public", /\/var\/vmail\/public on the host holds no mailboxes/],
      ] as const) {
        await expect(deleteLeftMail(onHost, other)).rejects.toThrow(refusal);
      }
      const passwd = "/var/vmail/auth.d/domain.tld/passwd";
      await shell(host, `mv ${passwd} ${passwd}.kept && mkdir ${passwd}`);
      await expect(deleteLeftMail(onHost, "bob@domain.tld")).rejects.toThrow(`${passwd} on the host cannot be read`);
      await shell(host, `rmdir ${passwd} && mv ${passwd}.kept ${passwd}`);
      const alice = "/var/vmail/domain.tld/alice";
      await shell(host, `ln -s ${alice} /var/vmail/domain.tld/mallory && ln -s ${alice} ${bobsHome}/link`);
      await expect(deleteLeftMail(onHost, "mallory@domain.tld")).rejects.toThrow("mallory on the host is a link");
      await deleteLeftMail(onHost, "bob@domain.tld");
      expect(await shell(host, `[ -e ${bobsHome} ] || find ${alice} -name '*,S=*' | wc -l`)).toBe("2");
    } finally {
      connection.close();
      await shell(host, "rm -f /var/vmail/domain.tld/mallory");
    }
  });
});

test("a host that was destroyed is a mail host again after another up, and its log files are written by way of the journal", async () => {
  const { host, project } = mail();
  await project.destroy();
  expect(project.output()).toMatch(/^ +all mail stays on the host, in \/var\/vmail: 1 mailbox, [\d.]+K$/m);
  await project.up();
  const outputs = await project.outputs();

  const states = "systemctl is-active postfix.service dovecot.service rsyslog.service syslog.socket || true";
  expect(await shell(host, states)).toBe("active\nactive\nactive\nactive");
  await shell(host, "sendmail -i alice@domain.tld", "Message-ID: <again@domain.tld>\nSubject: again\n\ntext\n");
  const certificateAuthority = String(outputs.certificateAuthority?.value);
  await using mailbox = await openMailbox({ ...mail(), certificateAuthority }, "alice@domain.tld");
  await mailbox.waitFor("again");
  await shell(host, "timeout 30 sh -c 'tail -n +1 -F /var/log/dovecot.lmtp | grep -m 1 -q again@domain.tld'");
});

test("a log daemon that somebody has disabled is enabled again, and one of it runs", async () => {
  const { host, project } = mail();
  await shell(host, "systemctl --quiet disable rsyslog.service");
  await project.up();

  const states = "systemctl is-enabled rsyslog.service; systemctl is-active rsyslog.service syslog.socket || true";
  expect(await shell(host, states)).toBe("enabled\nactive\nactive");
  expect(await shell(host, "pgrep -c -x rsyslogd")).toBe("1");
});

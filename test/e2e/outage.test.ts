import { describe, expect, test } from "vitest";
import { foreignDomain } from "../../tools/testhost/dns.ts";
import { waitUntil } from "../../tools/testhost/waiting.ts";
import { useDeployedHost } from "../helpers/deployedHost.ts";
import { complaints, dovecotStop } from "../helpers/hostJournal.ts";
import { openMailbox } from "../helpers/mailbox.ts";
import { ofRelease } from "../helpers/release.ts";
import { openSmtp, openSubmission, openSubmissionAs } from "../helpers/smtpConversation.ts";

const stranger = `stranger@${foreignDomain}`;
const mail = useDeployedHost({
  domains: { "domain.tld": { mailboxes: { alice: {}, bob: {} }, aliases: { info: ["bob"] } } },
});

/** Sends a message to somebody, and returns its subject. */
async function sendFromOutside(to: string, subject: string): Promise<string> {
  using smtp = await openSmtp(mail());
  expect(await smtp.send({ from: stranger, to, subject })).toMatch(/^250 /);
  return subject;
}

/** The reply on 25 to a recipient. */
async function replyToRecipient(recipient: string): Promise<string> {
  using smtp = await openSmtp(mail());
  await smtp.say(`MAIL FROM:<${stranger}>`);
  return await smtp.say(`RCPT TO:<${recipient}>`);
}

/** Whether somebody can log in on 587 right now. */
async function canSubmit(): Promise<boolean> {
  try {
    using smtp = await openSubmission(mail());
    return (await smtp.logIn("alice@domain.tld")).startsWith("235");
  } catch {
    // Without Dovecot the connection breaks off.
    return false;
  }
}

test("while Dovecot is down mail is taken and kept, and delivered when it is back", async () => {
  const { host } = mail();
  await host.run("systemctl stop dovecot");
  const subject = await sendFromOutside("bob@domain.tld", "kept meanwhile");
  const deferred = await waitUntil(
    async () => {
      const { stdout } = await host.run("postqueue -j");
      return /"queue_name": "deferred"/.test(stdout) ? stdout : undefined;
    },
    { what: "the message in the queue", timeoutMs: 30_000 },
  );
  expect(deferred).toContain("bob@domain.tld");
  // No process of Postfix has met Dovecot yet. Those that serve 587 end at once, and Postfix waits before it starts others.
  expect(await canSubmit()).toBe(false);

  await host.run("systemctl start dovecot");
  const start = performance.now();
  await waitUntil(async () => (await canSubmit()) || undefined, { what: "a log-in on 587", timeoutMs: 60_000 });
  expect(performance.now() - start).toBeLessThan(10_000);
  await host.run("postqueue -f");
  await using mailbox = await openMailbox(mail(), "bob@domain.tld");
  await mailbox.waitFor(subject);
});

describe("the question for the quota", () => {
  test("does not keep mail out while Dovecot says nothing", async () => {
    const { host } = mail();
    await host.run("systemctl freeze dovecot");
    const start = performance.now();
    try {
      expect(await replyToRecipient("bob@domain.tld")).toMatch(/^250 /);
    } finally {
      await host.run("systemctl thaw dovecot");
    }
    expect(performance.now() - start).toBeGreaterThan(9000);
  });

  test.each([
    ["all mail of a domain whose passwd file", "/var/vmail/auth.d/domain.tld/passwd", /^450 4\.7\.1 /],
    ["mail for the mailboxes of a domain whose ACL file", "/var/vmail/conf.d/domain.tld/acls", /^250 /],
  ])("puts off %s Dovecot cannot read", async (_what, file, ofAlias) => {
    const { host } = mail();
    // Dovecot looks at a file anew when its time has changed by a second.
    const answers = (code: string) =>
      waitUntil(async () => (await replyToRecipient("bob@domain.tld")).startsWith(code) || undefined, {
        what: `the answer ${code}`,
        timeoutMs: 15_000,
      });
    await host.run(`chmod 0 ${file} && touch ${file}`);
    try {
      await answers("450 ");
      expect(await replyToRecipient("info@domain.tld")).toMatch(ofAlias);
    } finally {
      await host.run(`chmod 0400 ${file} && touch ${file}`);
    }
    await answers("250 ");
    expect(await replyToRecipient("info@domain.tld")).toMatch(/^250 /);
  });
});

test("after a reboot everything serves again, and all mail is there", async () => {
  const before = await sendFromOutside("alice@domain.tld", "before the reboot");
  {
    await using mailbox = await openMailbox(mail(), "alice@domain.tld");
    await mailbox.waitFor(before);
  }
  await mail().host.reboot();
  const after = await sendFromOutside("alice@domain.tld", "after the reboot");
  await using mailbox = await openMailbox(mail(), "alice@domain.tld");
  await mailbox.waitFor(before);
  await mailbox.waitFor(after);
  using submission = await openSubmissionAs(mail(), "alice@domain.tld");
  const to = `someone@${foreignDomain}`;
  expect(await submission.send({ from: "alice@domain.tld", to, subject: "out again" })).toMatch(/^250 /);
  await mail().lab.sink.waitForMessage((message) => message.header("Subject") === "out again");
});

test("the daemons have nothing to complain of", async () => {
  const provoked = [
    ...dovecotStop,
    /^postfix\/smtpd: warning: (?:connect to|problem talking to server) private\/quota-status: Connection (?:refused|timed out)/,
    ofRelease({
      debian13: /^dovecot: auth\((?:bob|info)@domain\.tld\): Error: passwd-file: .*Permission denied/,
      debian12: /^dovecot: auth: Error: passwd-file\((?:bob|info)@domain\.tld\): .*Permission denied/,
    }),
    /^dovecot: quota-status\(.*: Error: (?:auth-master: userdb lookup\(|Failed to lookup user )/,
    /^dovecot: quota-status\(bob@domain\.tld\).*: Error: (?:(?:acl: )?Couldn't read global ACL file|quota check failed)/,
    /^postfix\/submission\/smtpd: warning: SASL: Connect to Dovecot auth socket/,
    /^postfix\/submission\/smtpd: warning: .*SASL PLAIN authentication failed/,
    /^postfix\/submission\/smtpd: fatal: no SASL authentication mechanisms/,
    /^postfix\/master: warning: .*smtpd.* (?:exit status 1|bad command startup -- throttling)/,
  ];
  expect(await complaints(mail().host, provoked)).toEqual([]);
});

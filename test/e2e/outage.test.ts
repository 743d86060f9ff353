import { expect, test } from "vitest";
import { foreignDomain } from "../../tools/testhost/dns.ts";
import { waitUntil } from "../../tools/testhost/waiting.ts";
import { useDeployedHost } from "../helpers/deployedHost.ts";
import { complaints } from "../helpers/hostJournal.ts";
import { openMailbox } from "../helpers/mailbox.ts";
import { openSmtp, openSubmission, openSubmissionAs } from "../helpers/smtpConversation.ts";

const stranger = `stranger@${foreignDomain}`;
const mail = useDeployedHost({ domains: { "domain.tld": { mailboxes: { alice: {}, bob: {} } } } });

/** Sends a message to somebody, and returns its subject. */
async function sendFromOutside(to: string, subject: string): Promise<string> {
  using smtp = await openSmtp(mail());
  expect(await smtp.send({ from: stranger, to, subject })).toMatch(/^250 /);
  return subject;
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
    /^dovecot: [^:]+: Warning: Killed with signal 15 /,
    // A stop on a busy host, with a client that has not finished its last line.
    /^dovecot: log\(\d+\): Warning: Shutting down logging for '[a-z-]+: ' with \d+ clients/,
    /^postfix\/smtpd: warning: (?:connect to|problem talking to server) private\/quota-status: Connection refused/,
    /^postfix\/submission\/smtpd: warning: SASL: Connect to Dovecot auth socket/,
    /^postfix\/submission\/smtpd: warning: .*SASL PLAIN authentication failed/,
    /^postfix\/submission\/smtpd: fatal: no SASL authentication mechanisms/,
    /^postfix\/master: warning: .*smtpd.* (?:exit status 1|bad command startup -- throttling)/,
  ];
  expect(await complaints(mail().host, provoked)).toEqual([]);
});

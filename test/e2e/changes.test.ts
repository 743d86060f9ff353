import { describe, expect, test } from "vitest";
import { foreignDomain } from "../../tools/testhost/dns.ts";
import { waitUntil } from "../../tools/testhost/waiting.ts";
import { createCertificateAuthority } from "../helpers/certificateAuthority.ts";
import { type MailHostSettings, useDeployedHost } from "../helpers/deployedHost.ts";
import { activationsSince, complaints, dovecotReload, endedByLockOut, journalCursor } from "../helpers/hostJournal.ts";
import { ImapConversation, openImapAs } from "../helpers/imapConversation.ts";
import { openMailbox } from "../helpers/mailbox.ts";
import { masterProcesses } from "../helpers/providerHost.ts";
import { findSecrets, watchProcesses } from "../helpers/secretSearch.ts";
import { servedCertificates } from "../helpers/servedCertificates.ts";
import { openSmtp, openSubmission, openSubmissionAs, openSubmissions } from "../helpers/smtpConversation.ts";
import { passwordHashOf, passwordOf } from "../helpers/testUsers.ts";

const stranger = `stranger@${foreignDomain}`;
const issueCertificate = await createCertificateAuthority();
const first = await issueCertificate("mail.domain.tld");
const second = await issueCertificate("mail.domain.tld");

const atFirst = {
  certificate: first,
  postfix: { submissions: true },
  domains: {
    "domain.tld": {
      mailboxes: {
        alice: {},
        bob: { sieve: 'if header :contains "subject" "for carol" { redirect "carol@domain.tld"; }' },
        carol: {},
      },
      aliases: { info: ["bob", "carol"] },
    },
  },
} satisfies MailHostSettings;

/** What the tests have made of it so far; each goes on from where the one before it stopped. */
let current: MailHostSettings = atFirst;
const mail = useDeployedHost(atFirst);

describe("a certificate of an authority", () => {
  test("is the one that every port shows", async () => {
    expect(await servedCertificates(mail())).toEqual([first.fingerprint, first.fingerprint, first.fingerprint]);
  });

  test("is replaced by up, and nobody is disconnected", async () => {
    using imap = await openImapAs(mail(), "alice@domain.tld");
    const quietSince = performance.now();
    const before = await masterProcesses(mail().host);
    const cursor = await journalCursor(mail().host);
    current = { ...current, certificate: second };
    const { changes } = await mail().deploy(current);
    expect(changes).toMatchObject({ update: 2 });
    expect(await servedCertificates(mail())).toEqual([second.fingerprint, second.fingerprint, second.fingerprint]);
    expect(await masterProcesses(mail().host)).toEqual(before);
    expect(await activationsSince(mail().host, cursor)).toBeGreaterThan(0);
    // After a reload Dovecot may end sessions, but only those that have been quiet for ten seconds.
    const isQuiet = (): true | undefined => performance.now() - quietSince > 11_000 || undefined;
    await waitUntil(isQuiet, { what: "a session that is quiet", timeoutMs: 12_000 });
    expect(await imap.say("SELECT INBOX")).toMatch(/^OK/m);
  });
});

test("up without a change changes nothing", async () => {
  const cursor = await journalCursor(mail().host);
  const { changes } = await mail().deploy(current);
  expect(Object.keys(changes)).toEqual(["same"]);
  expect(await activationsSince(mail().host, cursor)).toBe(0);
});

test("a new mailbox is there at once, and no daemon is reloaded", async () => {
  using imap = await openImapAs(mail(), "alice@domain.tld");
  const before = await masterProcesses(mail().host);
  const cursor = await journalCursor(mail().host);
  const mailboxes = { ...atFirst.domains["domain.tld"].mailboxes, dave: {} };
  current = { ...current, domains: { "domain.tld": { ...atFirst.domains["domain.tld"], mailboxes } } };
  const watch = await watchProcesses(mail().host, [await passwordHashOf("dave@domain.tld")]);
  await mail().deploy(current);
  expect(await watch.end()).toEqual([]);

  using smtp = await openSmtp(mail());
  const subject = "welcome";
  expect(await smtp.send({ from: stranger, to: "dave@domain.tld", subject })).toMatch(/^250 /);
  await using mailbox = await openMailbox(mail(), "dave@domain.tld");
  await mailbox.waitFor(subject);
  using submission = await openSubmissionAs(mail(), "dave@domain.tld");
  expect(await submission.say("MAIL FROM:<dave@domain.tld>")).toMatch(/^250 /);
  expect(await submission.say("RCPT TO:<alice@domain.tld>")).toMatch(/^250 /);

  expect(await imap.say("NOOP")).toMatch(/^OK/m);
  expect(await masterProcesses(mail().host)).toEqual(before);
  expect(await activationsSince(mail().host, cursor)).toBe(0);
});

/** A mail program that logs in again and again, whatever happens, and keeps its last sessions open. */
function insistentClient(user: string): { end(): Promise<void> } & Disposable {
  const sessions: ImapConversation[] = [];
  let goesOn = true;
  const logIn = async (): Promise<void> => {
    const imap = await ImapConversation.open(mail());
    sessions.push(imap);
    await imap.startTls();
    await imap.logIn(user);
  };
  const attempts = (async () => {
    while (goesOn) {
      await logIn().catch(() => {});
      if (sessions.length > 5) sessions.shift()?.[Symbol.dispose]();
    }
  })();
  return {
    async end() {
      goesOn = false;
      await attempts;
    },
    [Symbol.dispose]() {
      for (const session of sessions) session[Symbol.dispose]();
    },
  };
}

describe("a disabled user", () => {
  test("loses his open sessions", async () => {
    using smtp = await openSmtp(mail());
    expect(await smtp.send({ from: stranger, to: "carol@domain.tld", subject: "kept" })).toMatch(/^250 /);
    {
      await using mailbox = await openMailbox(mail(), "carol@domain.tld");
      await mailbox.waitFor("kept");
    }
    using imap = await openImapAs(mail(), "carol@domain.tld");
    using submission = await openSubmissionAs(mail(), "carol@domain.tld");
    using submissions = await openSubmissions(mail());
    expect(await submissions.logIn("carol@domain.tld")).toMatch(/^235 /);
    using other = await openImapAs(mail(), "alice@domain.tld");
    const mailboxes = { ...atFirst.domains["domain.tld"].mailboxes, carol: { enabled: false }, dave: {} };
    current = { ...current, domains: { "domain.tld": { ...atFirst.domains["domain.tld"], mailboxes } } };
    const before = await masterProcesses(mail().host);
    await mail().deploy(current);
    for (const session of [imap, submission, submissions]) await session.farewell();

    expect(await other.say("NOOP")).toMatch(/^OK/m);
    const start = performance.now();
    using others = await openSubmissionAs(mail(), "alice@domain.tld");
    expect(await others.say("MAIL FROM:<alice@domain.tld>")).toMatch(/^250 /);
    expect(await others.say("RCPT TO:<bob@domain.tld>")).toMatch(/^250 /);
    expect(performance.now() - start).toBeLessThan(5000);
    expect(await masterProcesses(mail().host)).toEqual(before);
  });

  test("gets no mail, not by an alias either", async () => {
    using smtp = await openSmtp(mail());
    await smtp.say(`MAIL FROM:<${stranger}>`);
    expect(await smtp.say("RCPT TO:<carol@domain.tld>")).toMatch(/^550 5\.1\.1 /);
    await smtp.say("RSET");
    expect(await smtp.send({ from: stranger, to: "info@domain.tld", subject: "without carol" })).toMatch(/^250 /);
    await using mailbox = await openMailbox(mail(), "bob@domain.tld");
    await mailbox.waitFor("without carol");
  });

  test("gets no mail of the host itself, nor what a Sieve script sends on", async () => {
    const bounced = (subject: string) =>
      mail().lab.sink.waitForMessage(({ from, source }) => from === "" && source.includes(`Subject: ${subject}`));
    await mail().host.run(`sendmail -f ${stranger} carol@domain.tld`, "Subject: from the host\n\nKind regards\n");
    const source = (await bounced("from the host")).source.toString();
    expect(source).toMatch(/<carol@domain\.tld>: User unknown/);
    expect(source).toMatch(/^Status: 5\.1\.1/m);
    using smtp = await openSmtp(mail());
    expect(await smtp.send({ from: stranger, to: "bob@domain.tld", subject: "for carol" })).toMatch(/^250 /);
    await bounced("for carol");
    const { stdout } = await mail().host.run(
      "grep -rl '^Subject: ' /var/vmail/domain.tld/carol | xargs grep -h '^Subject: '",
    );
    expect(stdout).toBe("Subject: kept\n");
  });

  test("cannot log in", async () => {
    using imap = await ImapConversation.open(mail());
    await imap.startTls();
    expect(await imap.logIn("carol@domain.tld")).toMatch(/^NO \[AUTHENTICATIONFAILED\]/m);
    using submission = await openSubmission(mail());
    expect(await submission.logIn("carol@domain.tld")).toMatch(/^535 /);
  });
});

describe("a removed user", () => {
  test("loses his open sessions, and gets in no more, however fast he tries", async () => {
    using submission = await openSubmissionAs(mail(), "dave@domain.tld");
    using client = insistentClient("dave@domain.tld");
    const sessions = async (): Promise<string> => (await mail().host.run("doveadm who")).stdout;
    const connected = async () => /^dave@domain\.tld +[2-9]/m.test(await sessions()) || undefined;
    await waitUntil(connected, { what: "sessions of dave", timeoutMs: 10_000 });
    const mailboxes = { ...atFirst.domains["domain.tld"].mailboxes, carol: { enabled: false } };
    current = { ...current, domains: { "domain.tld": { ...atFirst.domains["domain.tld"], mailboxes } } };
    await mail().deploy(current);
    await client.end();
    expect(await sessions()).not.toContain("dave");
    await submission.farewell();
  });

  test("gets no mail", async () => {
    using smtp = await openSmtp(mail());
    await smtp.say(`MAIL FROM:<${stranger}>`);
    expect(await smtp.say("RCPT TO:<dave@domain.tld>")).toMatch(/^550 5\.1\.1 /);
  });
});

test("all mistakes of a configuration are told at once, and the host stays as it is", async () => {
  const everything =
    "find /etc /var/vmail /var/lib/mailhost /var/spool/postfix/etc -type f -printf '%p %T@ %m %u\\n' | sort";
  const before = await mail().host.run(everything);
  const cursor = await journalCursor(mail().host);
  const preview = mail().preview({
    ...current,
    mail: { messageSizeLimit: "20M", postmaster: "alcie@domain.tld" },
    domains: {
      "domain.tld": {
        mailboxes: { alice: {}, bob: { enable: false }, "carol+x": {} },
        aliases: { info: ["alice", "bbo"], one: ["two"], two: ["one"] },
      },
      "auth.d": { mailboxes: {} },
    },
  });
  const mistakes = [
    'mail.messageSizeLimit: must be a size in bytes: a whole number from 65536 to 2147483647, but is "20M"',
    'mail.postmaster: must be an enabled mailbox of mailhost:domains, but "alcie@domain.tld" is no mailbox; did you mean "alice@domain.tld"?',
    'domains["domain.tld"].mailboxes.bob.enable: is no known key; did you mean "enabled"?',
    'domains["domain.tld"].mailboxes["carol+x"]: the name must be',
    'domains["domain.tld"].aliases.info[1]: "bbo" is neither a mailbox nor an alias of domain.tld; did you mean "bob"?',
    'domains["domain.tld"].aliases.two: leads back to itself: two@domain.tld -> one@domain.tld -> two@domain.tld',
    'domains["auth.d"]: is taken',
  ];
  const start = performance.now();
  const error: unknown = await preview.catch((error: unknown) => error);
  // Some seconds, and more on a busy machine.
  expect(performance.now() - start).toBeLessThan(60_000);
  for (const mistake of mistakes) expect(String(error)).toContain(mistake);
  expect(await mail().host.run(everything)).toEqual(before);
  expect(await activationsSince(mail().host, cursor)).toBe(0);
});

describe("passwords, hashes and keys", () => {
  const users = ["alice", "bob", "carol", "dave"].map((name) => `${name}@domain.tld`);

  async function secrets(): Promise<string[]> {
    const hashes = await Promise.all(users.map(passwordHashOf));
    const ofKeys = [first, second].map(({ privateKey }) => privateKey.split("\n")[1] ?? "");
    return [...users.map(passwordOf), ...hashes, ...ofKeys];
  }

  test("are not in the state, nor in what Pulumi prints", async () => {
    const { project } = mail();
    for (const secret of await secrets()) {
      expect(project.state().includes(secret)).toBe(false);
      expect(project.output().includes(secret)).toBe(false);
    }
  });

  test("are on the host where they are used, and nowhere else", async () => {
    expect(await findSecrets(mail().host, await secrets())).toEqual([]);
  });
});

test("the daemons have nothing to complain of", async () => {
  const provoked = [
    dovecotReload,
    ...endedByLockOut,
    // Who was let in by the passwd file as it was a moment before.
    /^dovecot: auth\(dave@domain\.tld,[^)]*\)<[^>]*>: Error: user not found from any userdbs$/,
    /^dovecot: auth: Error: passwd-file\(dave@domain\.tld,[^)]*\): user not found from userdb$/,
    /^dovecot: imap\(\d+\): Error: auth-master: login: .*: Authenticated user not found from userdb/,
    /SASL PLAIN authentication failed: \(reason unavailable\), sasl_username=carol@domain\.tld/,
  ];
  expect(await complaints(mail().host, provoked)).toEqual([]);
});

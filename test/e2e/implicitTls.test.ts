import { describe, expect, test } from "vitest";
import { acceptanceComplaints } from "../../acceptance/acceptanceCheck.ts";
import { foreignDomain, missingDomain } from "../../tools/testhost/dns.ts";
import { type DeployedHost, useDeployedHost } from "../helpers/deployedHost.ts";
import { activationsSince, complaints, dovecotReload, dovecotStop, journalCursor } from "../helpers/hostJournal.ts";
import { ImapConversation, openImapAs } from "../helpers/imapConversation.ts";
import { LineConnection } from "../helpers/lineConnection.ts";
import { openMailbox } from "../helpers/mailbox.ts";
import { masterProcesses } from "../helpers/providerHost.ts";
import { openSubmissions, SmtpConversation } from "../helpers/smtpConversation.ts";
import { oldTlsVersions, onlyTls, refusedByDovecot, refusedTlsVersion } from "../helpers/tlsVersions.ts";

const closed = { domains: { "domain.tld": { mailboxes: { alice: {}, bob: {}, old: { enabled: false } } } } };
const open = { ...closed, postfix: { submissions: true }, dovecot: { imaps: true } };
const mail = useDeployedHost(closed);
const ports = [465, 993] as const;

/** Whether each port takes connections from outside. */
function reachable({ lab, host }: DeployedHost): Promise<boolean[]> {
  const connect = (port: number) => lab.client.connect(host.address, port);
  return Promise.all(
    ports.map((port) =>
      connect(port).then(
        (socket) => socket.destroy().destroyed,
        (error) => !/ECONNREFUSED/.test(String(error)),
      ),
    ),
  );
}

/** Deploys, and proves that nobody was disconnected: a session goes on, in the same main processes. */
async function deployByReload(settings: typeof closed): Promise<Record<string, unknown>> {
  using imap = await openImapAs(mail(), "bob@domain.tld");
  await imap.say("SELECT INBOX");
  const endIdle = await imap.idle();
  const before = await masterProcesses(mail().host);
  const cursor = await journalCursor(mail().host);
  await mail().deploy(settings);
  const outputs = await mail().project.outputs();
  expect(await masterProcesses(mail().host)).toEqual(before);
  expect(await activationsSince(mail().host, cursor)).toBe(2);
  expect(await endIdle()).toMatch(/^OK Idle completed/m);
  return outputs.endpoints?.value;
}

test("465 and 993 are closed where nobody asked for them", async () => {
  expect(await reachable(mail())).toEqual([false, false]);
});

test("they are opened by a reload, and told of in the outputs", async () => {
  const { hostname } = mail();
  expect(await deployByReload(open)).toEqual({
    smtp: { host: hostname, port: 25 },
    submission: { host: hostname, port: 587 },
    submissions: { host: hostname, port: 465 },
    imap: { host: hostname, port: 143 },
    imaps: { host: hostname, port: 993 },
  });
});

describe("without TLS", () => {
  test.each([
    [465, "EHLO client.elsewhere.example"],
    [993, "a CAPABILITY"],
  ])("%d says nothing", async (port, command) => {
    using connection = new LineConnection(await mail().lab.client.connect(mail().host.address, port));
    connection.write(`${command}\r\n`);
    expect(await connection.readToEnd()).not.toMatch(/[A-Z]{4}/);
  });
});

describe("465", () => {
  test.each(oldTlsVersions)("refuses %s", async (version) => {
    await expect(SmtpConversation.open(mail(), 465, onlyTls(version))).rejects.toMatchObject(refusedTlsVersion);
  });

  test("greets inside TLS, with the certificate of 587, and offers log-in at once", async () => {
    using smtp = await SmtpConversation.open(mail(), 465);
    expect(smtp.greeting).toMatch(/^220 mail\.domain\.tld ESMTP/);
    const offer = await smtp.greet();
    expect(offer).toMatch(/^250[- ]AUTH PLAIN$/m);
    expect(offer).not.toContain("STARTTLS");
    using submission = await SmtpConversation.open(mail(), 587);
    await submission.greet();
    await submission.startTls();
    expect(smtp.certificateFingerprint).toBe(submission.certificateFingerprint);
  });

  test("takes a message of a user", async () => {
    using smtp = await openSubmissions(mail());
    expect(await smtp.logIn("alice@domain.tld")).toMatch(/^235 /);
    const subject = "by submissions";
    expect(await smtp.send({ from: "alice@domain.tld", to: "bob@domain.tld", subject })).toMatch(/^250 /);
    await using mailbox = await openMailbox(mail(), "bob@domain.tld");
    expect((await mailbox.waitFor(subject)).header("Return-Path")).toBe("<alice@domain.tld>");
  });

  test.each(["bob@domain.tld", `someone@${foreignDomain}`])("lets alice not send as %s", async (sender) => {
    using smtp = await openSubmissions(mail());
    expect(await smtp.logIn("alice@domain.tld")).toMatch(/^235 /);
    await smtp.say(`MAIL FROM:<${sender}>`);
    expect(await smtp.say("RCPT TO:<bob@domain.tld>")).toMatch(/^553 5\.7\.1 /);
  });

  test.each([
    ["nobody@domain.tld", /^550 5\.1\.1 /],
    ["old@domain.tld", /^550 5\.1\.1 /],
    [`someone@${missingDomain}`, /^450 4\.1\.2 /],
    ["someone@nowhere", /^504 5\.5\.2 /],
  ])("refuses the recipient %s", async (recipient, refusal) => {
    using smtp = await openSubmissions(mail());
    expect(await smtp.logIn("alice@domain.tld")).toMatch(/^235 /);
    await smtp.say("MAIL FROM:<alice@domain.tld>");
    expect(await smtp.say(`RCPT TO:<${recipient}>`)).toMatch(refusal);
    expect(await smtp.say("RCPT TO:<bob@domain.tld>")).toMatch(/^250 /);
  });

  test("takes no log-in of a disabled user", async () => {
    using smtp = await openSubmissions(mail());
    expect(await smtp.logIn("old@domain.tld")).toMatch(/^535 5\.7\.8 /);
  });

  test("takes nothing without log-in, nor with a wrong password", async () => {
    using smtp = await openSubmissions(mail());
    expect(await smtp.logIn("alice@domain.tld", "wrong")).toMatch(/^535 5\.7\.8 /);
    await smtp.say("MAIL FROM:<alice@domain.tld>");
    expect(await smtp.say("RCPT TO:<bob@domain.tld>")).toMatch(/^55[34] 5\.7\.1 /);
    await smtp.say("RSET");
    await smtp.say("MAIL FROM:<>");
    expect(await smtp.say(`RCPT TO:<someone@${foreignDomain}>`)).toMatch(/^554 5\.7\.1 /);
  });
});

describe("993", () => {
  test.each(oldTlsVersions)("refuses %s", async (version) => {
    await expect(ImapConversation.open(mail(), 993, onlyTls(version))).rejects.toMatchObject(refusedByDovecot);
  });

  test("greets inside TLS, takes a log-in and shows the mail", async () => {
    using imap = await ImapConversation.open(mail(), 993);
    expect(imap.greeting).toMatch(/^\* OK .*AUTH=PLAIN/);
    expect(imap.greeting).not.toMatch(/STARTTLS|LOGINDISABLED/);
    expect(await imap.logIn("bob@domain.tld")).toMatch(/^OK/m);
    expect(await imap.say("SELECT INBOX")).toMatch(/^\* 1 EXISTS$/m);
  });

  test("takes no log-in of a disabled user", async () => {
    using imap = await ImapConversation.open(mail(), 993);
    expect(await imap.logIn("old@domain.tld")).toMatch(/^NO \[AUTHENTICATIONFAILED\]/m);
  });
});

test("a port that speaks in clear is not accepted in their place", async () => {
  const { hostname, certificateAuthority, host } = mail();
  const at = (port: number) => ({ address: host.address, port });
  const endpoints = { submissions: at(25), imaps: at(143) };
  expect(await acceptanceComplaints({ hostname, certificateAuthority, endpoints })).toEqual([
    expect.stringContaining(`submissions (${host.address} port 25): TLS fails: `),
    expect.stringContaining(`imaps (${host.address} port 143): TLS fails: `),
  ]);
});

test("Postfix is repaired also while Dovecot, which 465 needs, is down", async () => {
  const { host } = mail();
  await host.run("systemctl stop dovecot.service && echo '# edited' >>/etc/postfix/master.cf");
  await mail().deploy(open);
  expect((await host.run("grep -c edited /etc/postfix/master.cf")).stdout.trim()).toBe("0");
  using smtp = await openSubmissions(mail());
  expect(await smtp.logIn("alice@domain.tld")).toMatch(/^235 /);
});

test("they are closed again by a reload", async () => {
  expect(Object.keys(await deployByReload(closed)).sort()).toEqual(["imap", "smtp", "submission"]);
  expect(await reachable(mail())).toEqual([false, false]);
});

test("the daemons have nothing to complain of", async () => {
  const provoked = [
    ...dovecotStop,
    dovecotReload,
    /TLS library problem: .*(?:unsupported protocol|wrong version number)/,
    /^postfix\/smtpd: warning: non-SMTP command from /,
    /SASL PLAIN authentication failed: \(reason unavailable\), sasl_username=(?:alice|old)@domain\.tld/,
  ];
  expect(await complaints(mail().host, provoked)).toEqual([]);
});

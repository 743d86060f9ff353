import { describe, expect, test } from "vitest";
import { foreignDomain } from "../../tools/testhost/dns.ts";
import { type MailHostSettings, useDeployedHost } from "../helpers/deployedHost.ts";
import { activationsSince, complaints, dovecotReload, journalCursor } from "../helpers/hostJournal.ts";
import { type ImapConversation, openImapAs } from "../helpers/imapConversation.ts";
import { openMailbox } from "../helpers/mailbox.ts";
import { openSmtp, openSubmissionAs, type SmtpConversation } from "../helpers/smtpConversation.ts";

const stranger = `stranger@${foreignDomain}`;
const settings = {
  mail: { quota: "1M", recipientDelimiter: "+" },
  publicFolders: { folders: ["Team"], acls: [{ mailbox: "Public/*", identifier: "anyone", rights: "lrsip" }] },
  domains: {
    "domain.tld": {
      quota: "3M",
      mailboxes: {
        alice: { quota: "unlimited" },
        bob: {},
        carol: { quota: "1M" },
        eve: { quota: "1M" },
        fred: { quota: "1M", forward: [stranger], keepCopy: false },
        gina: { quota: "1M" },
      },
      aliases: { info: ["carol"], outside: [stranger] },
    },
    "domain1.tld": { mailboxes: { dave: {} } },
  },
} satisfies MailHostSettings;

/** What the tests have made of it so far. */
let current: MailHostSettings = settings;
const mail = useDeployedHost(settings);

/** Stores a message of that many KiB in a folder, and returns the server's answer. */
async function append(imap: ImapConversation, folder: string, size: number): Promise<string> {
  const text = `Subject: ${size} KiB\r\n\r\n`.padEnd(size * 1024 - 2, "x");
  return imap.say(`APPEND ${folder} {${text.length + 2}+}\r\n${text}\r\n`);
}

/** A text of about that many KiB. */
function textOf(size: number): string {
  return "x".repeat(1022).concat("\r\n").repeat(size);
}

/** Waits until a message has come back to the stranger because there is no room for it. */
async function bounceOf(subject: string): Promise<void> {
  const bounce = await mail().lab.sink.waitForMessage(
    ({ from, source }) => from === "" && source.includes(`\nSubject: ${subject}\r\n`),
  );
  expect(bounce.to).toEqual([stranger]);
  expect(bounce.source.toString()).toMatch(/^Status: 5\.2\.2\r$/m);
}

/** Fills a mailbox that may hold 1M, and a little more. */
async function fill(user: string): Promise<void> {
  using smtp = await openSmtp(mail());
  await using mailbox = await openMailbox(mail(), user);
  using imap = await openImapAs(mail(), user);
  expect(await append(imap, "INBOX", 1000)).toMatch(/^OK/m);
  // Only a delivery may exceed the quota.
  expect(await smtp.send({ from: stranger, to: user, subject: "the last one", text: textOf(53) })).toMatch(/^250 /);
  await mailbox.waitFor("the last one");
}

/** What a stranger's server is told who announces a message of that many bytes, or does not say. */
async function askFor(smtp: SmtpConversation, recipient: string, size?: number): Promise<string> {
  await smtp.say("RSET");
  await smtp.say(`MAIL FROM:<${stranger}>${size === undefined ? "" : ` SIZE=${size}`}`);
  return smtp.say(`RCPT TO:<${recipient}>`);
}

const refusal = /^552 5\.2\.2 .*Quota exceeded/;

describe("IMAP", () => {
  test.each([
    ["the host", "dave@domain1.tld", "(STORAGE 0 1024"],
    ["the domain", "bob@domain.tld", "(STORAGE 0 3072"],
    ["the mailbox", "carol@domain.tld", "(STORAGE 0 1024"],
  ])("tells the quota of %s", async (_whose, user, quota) => {
    using imap = await openImapAs(mail(), user);
    expect(await imap.say("GETQUOTAROOT INBOX")).toContain(`* QUOTA "User quota" ${quota}`);
  });

  test("tells no limit where there is none, and stores more than the host's quota", async () => {
    using imap = await openImapAs(mail(), "alice@domain.tld");
    expect(await imap.say("GETQUOTAROOT INBOX")).not.toContain("STORAGE");
    for (const size of [700, 700]) expect(await append(imap, "INBOX", size)).toMatch(/^OK/m);
  });

  test("stores what just fits, and in Trash a tenth of the quota more", async () => {
    using imap = await openImapAs(mail(), "dave@domain1.tld");
    expect(await append(imap, "INBOX", 600)).toMatch(/^OK/m);
    expect(await append(imap, "INBOX", 500)).toMatch(/^NO \[OVERQUOTA\]/m);
    expect(await append(imap, "INBOX", 400)).toMatch(/^OK/m);
    expect(await append(imap, "INBOX", 90)).toMatch(/^NO \[OVERQUOTA\]/m);
    expect(await append(imap, "Trash", 90)).toMatch(/^OK/m);
    expect(await append(imap, "Trash", 90)).toMatch(/^NO \[OVERQUOTA\]/m);
  });

  test("does not count public folders", async () => {
    using imap = await openImapAs(mail(), "carol@domain.tld");
    for (const size of [700, 700]) expect(await append(imap, "Public/Team", size)).toMatch(/^OK/m);
    expect(await imap.say("GETQUOTAROOT INBOX")).toContain("(STORAGE 0 1024");
  });
});

describe("a full mailbox", () => {
  test("is refused while the sender is connected, whatever case or extension the address has", async () => {
    await fill("carol@domain.tld");
    using smtp = await openSmtp(mail());
    for (const address of ["carol@domain.tld", "Carol@Domain.TLD", "carol+lists@domain.tld"]) {
      expect(await askFor(smtp, address, 1000)).toMatch(refusal);
      expect(await askFor(smtp, address)).toMatch(refusal);
    }
    // The others get the message all the same.
    expect(await smtp.say("RCPT TO:<bob@domain.tld>")).toMatch(/^250 /);
  });

  test("is told to a user who writes to it", async () => {
    using submission = await openSubmissionAs(mail(), "alice@domain.tld");
    await submission.say("MAIL FROM:<alice@domain.tld>");
    expect(await submission.say("RCPT TO:<carol@domain.tld>")).toMatch(refusal);
    expect(await submission.say("RCPT TO:<bob@domain.tld>")).toMatch(/^250 /);
    expect(await submission.say(`RCPT TO:<someone@${foreignDomain}>`)).toMatch(/^250 /);
  });

  test("does not stand in the way of aliases and forwarding", async () => {
    using imap = await openImapAs(mail(), "fred@domain.tld");
    expect(await append(imap, "INBOX", 1000)).toMatch(/^OK/m);
    using smtp = await openSmtp(mail());
    for (const address of ["fred", "fred+lists", "outside", "info"]) {
      expect(await askFor(smtp, `${address}@domain.tld`, 2_000_000)).toMatch(/^250 /);
    }
  });

  test("takes nothing by an alias either: it comes back", async () => {
    using smtp = await openSmtp(mail());
    const subject = "no room by an alias";
    expect(await smtp.send({ from: stranger, to: "info@domain.tld", subject })).toMatch(/^250 /);
    await bounceOf(subject);
  });

  test("takes mail again as soon as there is room", async () => {
    using smtp = await openSmtp(mail());
    expect(await askFor(smtp, "carol@domain.tld", 1000)).toMatch(refusal);
    using imap = await openImapAs(mail(), "carol@domain.tld");
    await imap.say("SELECT INBOX");
    await imap.say("STORE 1:* +FLAGS (\\Deleted)");
    await imap.say("EXPUNGE");
    expect(await askFor(smtp, "carol@domain.tld", 1000)).toMatch(/^250 /);
  });
});

test("what will not fit is refused by the size that its sender announces", async () => {
  using smtp = await openSmtp(mail());
  expect(await askFor(smtp, "bob@domain.tld", 3_000_000)).toMatch(/^250 /);
  expect(await askFor(smtp, "bob@domain.tld", 4_000_000)).toMatch(refusal);
  expect(await askFor(smtp, "alice@domain.tld", 4_000_000)).toMatch(/^250 /);
});

test("what its sender does not announce comes back if it exceeds the quota by more than a tenth", async () => {
  const user = "gina@domain.tld";
  using imap = await openImapAs(mail(), user);
  expect(await append(imap, "INBOX", 500)).toMatch(/^OK/m);
  using smtp = await openSmtp(mail());
  const subject = "more than a tenth too large";
  expect(await smtp.send({ from: stranger, to: user, subject, text: textOf(640) })).toMatch(/^250 /);
  await bounceOf(subject);
  await using mailbox = await openMailbox(mail(), user);
  const fitting = "less than a tenth too large";
  expect(await smtp.send({ from: stranger, to: user, subject: fitting, text: textOf(610) })).toMatch(/^250 /);
  await mailbox.waitFor(fitting);
});

test("many senders at once are answered", async () => {
  // Postfix serves 50 of one address.
  const senders = Array.from({ length: 40 }, (_, index) => index);
  const answers = senders.map(async (index) => {
    using smtp = await openSmtp(mail());
    return await askFor(smtp, "bob@domain.tld", index % 2 === 0 ? 1000 : 4_000_000);
  });
  const codes = (await Promise.all(answers)).map((answer) => answer.slice(0, 3));
  expect(codes).toEqual(senders.map((index) => (index % 2 === 0 ? "250" : "552")));
});

describe("a higher quota", () => {
  test("of one mailbox is in force at once, and no daemon is reloaded", async () => {
    await fill("eve@domain.tld");
    using smtp = await openSmtp(mail());
    using imap = await openImapAs(mail(), "alice@domain.tld");
    expect(await askFor(smtp, "eve@domain.tld", 1000)).toMatch(refusal);
    const cursor = await journalCursor(mail().host);
    const domain = settings.domains["domain.tld"];
    const mailboxes = { ...domain.mailboxes, eve: { quota: "2M" } };
    current = { ...settings, domains: { ...settings.domains, "domain.tld": { ...domain, mailboxes } } };
    await mail().deploy(current);
    expect(await askFor(smtp, "eve@domain.tld", 1000)).toMatch(/^250 /);
    expect(await imap.say("NOOP")).toMatch(/^OK/m);
    expect(await activationsSince(mail().host, cursor)).toBe(0);
  });

  test("of the host is in force for those who are connected already", async () => {
    using smtp = await openSmtp(mail());
    expect(await askFor(smtp, "dave@domain1.tld", 500_000)).toMatch(refusal);
    await mail().deploy({ ...current, mail: { quota: "4M" } });
    expect(await askFor(smtp, "dave@domain1.tld", 500_000)).toMatch(/^250 /);
  });
});

test("the daemons have nothing to complain of", async () => {
  const provoked = [dovecotReload];
  expect(await complaints(mail().host, provoked)).toEqual([]);
});

import { describe, expect, test } from "vitest";
import { hashFingerprint } from "../../resources/index.ts";
import { foreignDomain } from "../../tools/testhost/dns.ts";
import { receiversOf } from "../helpers/deliveries.ts";
import { type MailHostSettings, postmaster, useDeployedHost } from "../helpers/deployedHost.ts";
import { activationsSince, complaints, dovecotReload, endedByLockOut, journalCursor } from "../helpers/hostJournal.ts";
import { ImapConversation } from "../helpers/imapConversation.ts";
import { openMailbox } from "../helpers/mailbox.ts";
import { ofRelease } from "../helpers/release.ts";
import { openSmtp, openSubmissionAs, type SmtpConversation } from "../helpers/smtpConversation.ts";
import { passwordHashOf } from "../helpers/testUsers.ts";

const stranger = `stranger@${foreignDomain}`;
const partner = `partner@${foreignDomain}`;

/** `domain.tld` has no catch-all and `domain1.tld` has one; `domain2.tld` and `domain3.tld` are the same once more. */
const settings = {
  domains: {
    "domain.tld": {
      mailboxes: {
        alice: {},
        bob: { forward: ["carol", partner] },
        carol: { sendAs: ["info", "shop@domain1.tld", "old", "off", partner] },
        dave: { forward: ["team"], keepCopy: false },
        old: { enabled: false, forward: ["alice"] },
        postmaster: { enabled: false },
      },
      aliases: {
        info: ["alice", "ann@domain1.tld", partner],
        team: ["info", "carol", "old"],
        everybody: ["team", "alice", "sales@domain1.tld"],
        noreply: { members: ["alice"], senders: [] },
        office: { members: ["alice", "bob"], senders: ["carol", "ann@domain1.tld"] },
        off: ["old"],
        abuse: ["carol"],
      },
      acls: [
        { mailbox: "Public", identifier: "anyone", rights: "l" },
        { mailbox: "Public/*", identifier: "anyone", rights: "lrs" },
        { mailbox: "Public/Team", identifier: "anyone", rights: "lr" },
      ],
    },
    "domain1.tld": {
      mailboxes: { ann: {}, ben: { enabled: false }, cid: { forward: [partner], keepCopy: false } },
      aliases: { "@": ["ann", "alice@domain.tld"], shop: ["cid"], sales: ["ann"], gone: ["ben"], abuse: ["ben"] },
    },
    "domain2.tld": { aliasOf: "domain.tld" },
    "domain3.tld": { aliasOf: "domain1.tld" },
  },
} satisfies MailHostSettings;

const mail = useDeployedHost(settings);

/** Sends one message to `recipient`; returns everybody who got it. */
async function receivers(recipient: string): Promise<string[]> {
  using smtp = await openSmtp(mail());
  const reply = await smtp.send({ from: stranger, to: recipient, subject: `for ${recipient}` });
  return receiversOf(mail().host, reply);
}

/** The reply to the recipient of a message from outside. */
async function replyToRecipient(recipient: string): Promise<string> {
  using smtp = await openSmtp(mail());
  await smtp.say(`MAIL FROM:<${stranger}>`);
  return await smtp.say(`RCPT TO:<${recipient}>`);
}

/** The reply on 587 to a message of `sender`; Postfix judges the sender when it is told the recipient. */
async function replyToSender(smtp: SmtpConversation, sender: string): Promise<string> {
  expect(await smtp.say(`MAIL FROM:<${sender}>`)).toMatch(/^250 /);
  const reply = await smtp.say("RCPT TO:<alice@domain.tld>");
  expect(await smtp.say("RSET")).toMatch(/^250 /);
  return reply;
}

const unknown = /^550 5\.1\.1 /;
const notOwned = /^553 5\.7\.1 /;

describe("mail for", () => {
  const info = ["alice@domain.tld", "ann@domain1.tld", partner];
  const cases: [what: string, recipient: string, receivers: string[]][] = [
    ["an alias goes to its members, here, in another domain and elsewhere", "info@domain.tld", info],
    [
      "an alias of aliases goes to all of them, without the disabled",
      "team@domain.tld",
      ["carol@domain.tld", ...info].sort(),
    ],
    [
      "somebody in several aliases comes once",
      "everybody@domain.tld",
      ["alice@domain.tld", "ann@domain1.tld", "carol@domain.tld", partner],
    ],
    [
      "a mailbox that forwards stays there too",
      "bob@domain.tld",
      ["bob@domain.tld", "carol@domain.tld", partner].sort(),
    ],
    ["a mailbox that keeps no copy is elsewhere alone", "cid@domain1.tld", [partner]],
    [
      "a mailbox that forwards to an alias goes to its members",
      "dave@domain.tld",
      ["carol@domain.tld", ...info].sort(),
    ],
    ["an alias of a mailbox that forwards is forwarded", "shop@domain1.tld", [partner]],
    ["a mailbox beside a catch-all is not caught", "ann@domain1.tld", ["ann@domain1.tld"]],
    ["an alias beside a catch-all is not caught", "sales@domain1.tld", ["ann@domain1.tld"]],
    ["anybody else is caught", "whoever@domain1.tld", ["alice@domain.tld", "ann@domain1.tld"]],
    ["a mailbox by the alias domain", "alice@domain2.tld", ["alice@domain.tld"]],
    ["an alias by the alias domain", "info@domain2.tld", info],
    ["a mailbox that forwards, by the alias domain", "cid@domain3.tld", [partner]],
    ["a mailbox beside a catch-all, by the alias domain", "ann@domain3.tld", ["ann@domain1.tld"]],
    ["anybody else by the alias domain", "whoever@domain3.tld", ["alice@domain.tld", "ann@domain1.tld"]],
    ["the postmaster of a domain with a catch-all", "postmaster@domain1.tld", ["alice@domain.tld"]],
    ["abuse of a domain with a catch-all, where it is disabled users alone", "abuse@domain1.tld", ["alice@domain.tld"]],
    ["the postmaster of a domain, whose mailbox is disabled", "postmaster@domain.tld", ["alice@domain.tld"]],
    ["abuse where the domain says who", "abuse@domain.tld", ["carol@domain.tld"]],
    ["the postmaster of an alias domain", "postmaster@domain2.tld", ["alice@domain.tld"]],
    ["abuse of an alias domain is as in the other", "abuse@domain2.tld", ["carol@domain.tld"]],
    ["the postmaster of an alias domain with a catch-all", "postmaster@domain3.tld", ["alice@domain.tld"]],
    ["abuse of an alias domain with a catch-all, of disabled users alone", "abuse@domain3.tld", ["alice@domain.tld"]],
  ];
  test.each(cases)("%s: %s", async (_what, recipient, expected) => {
    expect(await receivers(recipient)).toEqual(expected);
  });

  test("an address of an alias domain is in the mailbox of the other", async () => {
    await receivers("carol@domain2.tld");
    await using mailbox = await openMailbox(mail(), "carol@domain.tld");
    const message = await mailbox.waitFor("for carol@domain2.tld");
    expect(message.header("Delivered-To")).toBe("carol@domain.tld");
  });

  test("a member elsewhere arrives there", async () => {
    await receivers("info@domain.tld");
    const message = await mail().lab.sink.waitForMessage(
      (message) => message.header("Subject") === "for info@domain.tld" && message.to.includes(partner),
    );
    expect(message.from).toBe(stranger);
  });
});

describe("a recipient is refused that is", () => {
  test.each([
    ["disabled", "old@domain.tld"],
    ["an alias of disabled users alone", "off@domain.tld"],
    ["disabled, beside a catch-all", "ben@domain1.tld"],
    ["disabled, beside a catch-all, in other letters", "BEN@Domain1.tld"],
    ["an alias of disabled users alone, beside a catch-all", "gone@domain1.tld"],
    ["unknown in an alias domain", "nobody@domain2.tld"],
    ["disabled, in an alias domain", "old@domain2.tld"],
    ["an alias of disabled users alone, in an alias domain", "off@domain2.tld"],
    ["disabled, in an alias domain with a catch-all", "ben@domain3.tld"],
    ["an alias of disabled users alone, in an alias domain with a catch-all", "gone@domain3.tld"],
    ["a user with an extension", "alice+lists@domain.tld"],
  ])("%s", async (_what, recipient) => {
    expect(await replyToRecipient(recipient)).toMatch(unknown);
    using submission = await openSubmissionAs(mail(), "alice@domain.tld");
    await submission.say("MAIL FROM:<alice@domain.tld>");
    expect(await submission.say(`RCPT TO:<${recipient}>`)).toMatch(unknown);
  });
});

describe("a user may send as", () => {
  const cases: [user: string, senders: string[]][] = [
    // A member of info, by his own mailbox and by the alias domain; the postmaster.
    ["alice@domain.tld", ["alice@domain2.tld", "info@domain.tld", "info@domain2.tld", "postmaster@domain3.tld"]],
    // A member of team, sender of office, and what sendAs gives, be it here, elsewhere or of a disabled user.
    [
      "carol@domain.tld",
      [
        "team@domain.tld",
        "office@domain.tld",
        "office@domain2.tld",
        "info@domain.tld",
        "info@domain2.tld",
        "shop@domain1.tld",
        "shop@domain3.tld",
        "old@domain.tld",
        "off@domain.tld",
        "abuse@domain.tld",
        "abuse@domain2.tld",
        partner,
      ],
    ],
    ["ann@domain1.tld", ["ann@domain3.tld", "info@domain.tld", "office@domain2.tld", "sales@domain3.tld"]],
    ["cid@domain1.tld", ["shop@domain1.tld", "cid@domain3.tld"]],
  ];
  test.each(cases)("%s as %j", async (user, senders) => {
    using smtp = await openSubmissionAs(mail(), user);
    for (const sender of senders) {
      expect.soft(await replyToSender(smtp, sender), `${user} as ${sender}`).toMatch(/^250 /);
    }
  });
});

describe("a user may not send as", () => {
  const cases: [user: string, senders: string[]][] = [
    // noreply and office name other senders than their members; team is an alias of the alias that alice is in.
    [
      "alice@domain.tld",
      ["noreply@domain.tld", "office@domain.tld", "team@domain.tld", "carol@domain2.tld", "alice+x@domain.tld"],
    ],
    // Role accounts whose mail she gets because they reach nobody else.
    ["alice@domain.tld", ["postmaster@domain.tld", "postmaster@domain2.tld", "abuse@domain1.tld"]],
    // A catch-all gives no right, and somebody who forwards gives none to those who get his mail.
    ["ann@domain1.tld", ["whoever@domain1.tld", "whoever@domain3.tld", "cid@domain1.tld", "alice@domain2.tld"]],
    ["carol@domain.tld", ["bob@domain.tld", "noreply@domain.tld", "noreply@domain2.tld", "shop@domain.tld"]],
    ["bob@domain.tld", ["office@domain.tld", "carol@domain.tld", partner]],
  ];
  test.each(cases)("%s as %j", async (user, senders) => {
    using smtp = await openSubmissionAs(mail(), user);
    for (const sender of senders) {
      expect.soft(await replyToSender(smtp, sender), `${user} as ${sender}`).toMatch(notOwned);
    }
  });
});

test.each(["alice@domain2.tld", "info@domain.tld", "whoever@domain1.tld"])(
  "nobody logs in as %s, which is no mailbox",
  async (user) => {
    using imap = await ImapConversation.open(mail());
    await imap.startTls();
    expect(await imap.logIn(user)).toMatch(/^NO \[AUTHENTICATIONFAILED\]/m);
  },
);

test("mail that the host sends to a user of the system bounces to root, whose mail is the postmaster's", async () => {
  await mail().host.run("sendmail vmail doveauth", "Subject: for nobody\n\nKind regards\n");
  await using mailbox = await openMailbox(mail(), postmaster);
  const { source } = await mailbox.waitFor("Undelivered Mail Returned to Sender");
  expect(source).toMatch(/^<vmail@mail\.domain\.tld>.*: User unknown/m);
  expect(source).toMatch(/^<doveauth@mail\.domain\.tld>.*: User unknown/m);
  const { stdout } = await mail().host.run("find /var/mail/ -type f");
  expect(stdout).toBe("");
});

test("beside a catch-all a mailbox is opened and closed at once, and no daemon is reloaded", async () => {
  const { ben: _, ...others } = settings.domains["domain1.tld"].mailboxes;
  const domain = settings.domains["domain1.tld"];
  const withBen = { ...settings.domains, "domain1.tld": { ...domain, mailboxes: { ...others, ben: {} } } };
  const cursor = await journalCursor(mail().host);
  await mail().deploy({ domains: withBen });
  expect(await receivers("ben@domain1.tld")).toEqual(["ben@domain1.tld"]);
  const { stdout } = await mail().preview(settings);
  expect(stdout).toMatch(/^ +\+ ben@domain1\.tld 550 5\.1\.1 User unknown$/m);
  expect(stdout).toMatch(/^ +\+ ben@domain1\.tld error:5\.1\.1 User unknown$/m);
  await mail().deploy(settings);
  expect(await replyToRecipient("ben@domain1.tld")).toMatch(unknown);
  expect(await activationsSince(mail().host, cursor)).toBe(0);
});

test("a preview shows a change of quota, alias and ACL as just these lines", async () => {
  const own = settings.domains["domain.tld"];
  const { stdout, changeSummary } = await mail().preview({
    domains: {
      ...settings.domains,
      "domain.tld": {
        ...own,
        mailboxes: { ...own.mailboxes, alice: { quota: "5G" } },
        aliases: { ...own.aliases, office: { ...own.aliases.office, members: ["alice"] } },
        acls: own.acls.with(1, { mailbox: "Public/*", identifier: "anyone", rights: "lrsp" }),
      },
    },
  });
  const alice = `alice@domain.tld:${hashFingerprint(await passwordHashOf("alice@domain.tld"))}:5000:5000::/var/vmail/domain.tld/alice`;
  expect(stdout.match(/^ +[-+] .*$/gm)?.map((line) => line.trim())).toEqual([
    "- Public/* anyone lrs",
    "+ Public/* anyone lrsp",
    "- office@domain.tld alice@domain.tld, bob@domain.tld",
    "+ office@domain.tld alice@domain.tld",
    `- ${alice}`,
    `+ ${alice}::${ofRelease({
      debian13: "userdb_quota_storage_size=5G userdb_quota_storage_grace=10M",
      debian12: "userdb_quota_rule=*:storage=5G userdb_quota_grace=10M",
    })}`,
  ]);
  expect(stdout).not.toMatch(/\[secret\]|=>/);
  expect(changeSummary).toMatchObject({ update: 1 });
});

describe("with a recipient delimiter", () => {
  test("up changes the configuration, and no table", async () => {
    const { changes } = await mail().deploy({ ...settings, mail: { recipientDelimiter: "+" } });
    // The configuration, and the acceptance check after it.
    expect(changes).toMatchObject({ update: 2 });
  });

  test.each([
    ["a user", "carol+lists@domain.tld", ["carol+lists@domain.tld"]],
    ["a user by the alias domain", "carol+lists@domain2.tld", ["carol+lists@domain.tld"]],
    ["a user beside a catch-all", "ann+lists@domain1.tld", ["ann+lists@domain1.tld"]],
    ["the members of an alias", "sales+lists@domain3.tld", ["ann+lists@domain1.tld"]],
    ["the catch-all", "whoever+lists@domain1.tld", ["alice@domain.tld", "ann@domain1.tld"]],
  ])("an extension reaches %s", async (_what, recipient, expected) => {
    expect(await receivers(recipient)).toEqual(expected);
  });

  test("the message is in the INBOX of the user", async () => {
    await using mailbox = await openMailbox(mail(), "carol@domain.tld");
    await mailbox.waitFor("for carol+lists@domain.tld");
    await mailbox.waitFor("for carol+lists@domain2.tld");
  });

  test.each(["nobody+lists@domain.tld", "old+lists@domain.tld", "ben+lists@domain1.tld", "ben+lists@domain3.tld"])(
    "%s is refused",
    async (recipient) => {
      expect(await replyToRecipient(recipient)).toMatch(unknown);
    },
  );

  test("a user may send with an extension of an address that is his", async () => {
    using smtp = await openSubmissionAs(mail(), "alice@domain.tld");
    expect(await replyToSender(smtp, "alice+lists@domain.tld")).toMatch(/^250 /);
    expect(await replyToSender(smtp, "carol+lists@domain.tld")).toMatch(notOwned);
  });
});

test("the daemons have nothing to complain of", async () => {
  const provoked = [dovecotReload, ...endedByLockOut];
  expect(await complaints(mail().host, provoked)).toEqual([]);
});

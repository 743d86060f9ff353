import { describe, expect, test } from "vitest";
import { foreignDomain } from "../../tools/testhost/dns.ts";
import { waitUntil } from "../../tools/testhost/waiting.ts";
import { useDeployedHost } from "../helpers/deployedHost.ts";
import { complaints } from "../helpers/hostJournal.ts";
import { openImapAs } from "../helpers/imapConversation.ts";
import { openMailbox, type ReceivedMessage } from "../helpers/mailbox.ts";
import { ofRelease } from "../helpers/release.ts";
import { openSmtp, openSubmissionAs, SmtpConversation } from "../helpers/smtpConversation.ts";

const messageSizeLimit = 100_000;
const stranger = `stranger@${foreignDomain}`;

const mail = useDeployedHost({
  mail: { messageSizeLimit },
  domains: {
    "domain.tld": {
      mailboxes: {
        alice: {},
        bob: {},
        dave: {},
        eve: {},
        carol: { sieve: `redirect "collector@${foreignDomain}";\n` },
      },
    },
    "domain2.tld": { aliases: { "@": ["bob@domain.tld"] } },
    // müller.example
    "xn--mller-kva.example": { mailboxes: { hans: {} } },
  },
});

/** The source of a message, whose headers go before what they have in common. */
function source(subject: string, text: string, ...headers: readonly string[]): string {
  const common = [
    `From: <${stranger}>`,
    `Subject: ${subject}`,
    "Date: Fri, 02 Jan 2026 03:04:05 +0000",
    `Message-ID: <${subject.replaceAll(/\W+/g, "-")}@${foreignDomain}>`,
  ];
  return [...headers, ...common, "", text].join("\r\n");
}

async function received(user: string, subject: string): Promise<ReceivedMessage> {
  await using mailbox = await openMailbox(mail(), user);
  return await mailbox.waitFor(subject);
}

/** Waits until that many messages whose subjects begin so are in a user's INBOX. */
async function waitForMessages(user: string, subject: string, count: number): Promise<void> {
  using imap = await openImapAs(mail(), user);
  await imap.say("EXAMINE INBOX");
  const found = async (): Promise<number> => {
    await imap.say("NOOP");
    return /^\* SEARCH(.*)/m.exec(await imap.say(`SEARCH SUBJECT "${subject}"`))?.[1]?.match(/\d+/g)?.length ?? 0;
  };
  const all = async (): Promise<true | undefined> => ((await found()) === count ? true : undefined);
  await waitUntil(all, { what: `${count} messages "${subject}"`, timeoutMs: 60_000 });
}

describe("what 25 offers", () => {
  test("is what every hop behind it takes", async () => {
    using smtp = await SmtpConversation.open(mail(), 25);
    const [, ...offer] = (await smtp.greet()).split("\n").map((line) => line.slice(4));
    expect(offer.sort()).toEqual([
      "8BITMIME",
      "CHUNKING",
      "DSN",
      "ENHANCEDSTATUSCODES",
      "ETRN",
      "PIPELINING",
      `SIZE ${messageSizeLimit}`,
      "STARTTLS",
    ]);
    expect(await smtp.say(`MAIL FROM:<${stranger}> SMTPUTF8`)).toMatch(/^555 5\.5\.4 /);
  });

  test.each([
    ["a sender", `jürgen@${foreignDomain}`, "bob@domain.tld"],
    ["a recipient whom a catch-all would take", stranger, "jürgen@domain2.tld"],
    ["a domain of the host", stranger, "hans@müller.example"],
  ])("and so %s with letters beyond ASCII is refused for good", async (_what, sender, recipient) => {
    using smtp = await openSmtp(mail());
    await smtp.say(`MAIL FROM:<${sender}>`);
    expect(await smtp.say(`RCPT TO:<${recipient}>`)).toMatch(
      /^(?:553 5\.6\.7 .* xn-- form|501 5\.1\.3 Bad recipient address syntax)$/,
    );
  });

  test("a domain's xn-- form is taken", async () => {
    using smtp = await openSmtp(mail());
    const subject = "to hans";
    expect(await smtp.send({ from: stranger, to: "hans@xn--mller-kva.example", subject })).toMatch(/^250 /);
    await received("hans@xn--mller-kva.example", subject);
  });

  test("8BITMIME: text and headers arrive as they are", async () => {
    using smtp = await openSmtp(mail());
    const raw = source("8BITMIME", "Grüße", "Comments: Grüße", "Content-Type: text/plain; charset=utf-8");
    const letter = { from: stranger, to: "bob@domain.tld", mailParameters: "BODY=8BITMIME" };
    expect(await smtp.sendRaw({ ...letter, source: raw })).toMatch(/^250 /);
    expect((await received("bob@domain.tld", "8BITMIME")).source).toContain(`${raw}\r\n`);
  });

  test("CHUNKING: a message in two chunks arrives as one", async () => {
    using smtp = await openSmtp(mail());
    const raw = source("CHUNKING", "before and after");
    const chunks = [raw.slice(0, -9), `${raw.slice(-9)}\r\n`];
    await smtp.address({ from: stranger, to: "bob@domain.tld" });
    expect(await smtp.sayRaw(`BDAT ${chunks[0]?.length}\r\n${chunks[0]}`)).toMatch(/^250 /);
    expect(await smtp.sayRaw(`BDAT ${chunks[1]?.length} LAST\r\n${chunks[1]}`)).toMatch(/^250 /);
    expect((await received("bob@domain.tld", "CHUNKING")).source).toContain(raw);
  });

  test("DSN: the message arrives, and so does the notification of it", async () => {
    using smtp = await openSmtp(mail());
    const envelope = {
      from: `notified@${foreignDomain}`,
      to: "bob@domain.tld",
      mailParameters: "RET=HDRS ENVID=abc",
      recipientParameters: "NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;bob@domain.tld",
    };
    expect(await smtp.sendRaw({ ...envelope, source: source("DSN", "text") })).toMatch(/^250 /);
    await received("bob@domain.tld", "DSN");
    const isNotification = ({ to }: { to: readonly string[] }): boolean => to.includes(`notified@${foreignDomain}`);
    const notification = await mail().lab.sink.waitForMessage(isNotification);
    expect(notification.source.toString()).toMatch(/^Final-Recipient: rfc822; bob@domain\.tld\r\n.*^Action: relayed/ms);
  });

  test("SIZE: the largest message that is taken is delivered, and sent on by a script", async () => {
    const send = async (size: number): Promise<string> => {
      using smtp = await openSmtp(mail());
      const head = source(`SIZE=${size}`, "");
      const text = `${"x".repeat(98)}\r\n`.repeat(messageSizeLimit / 100).slice(0, size - head.length - 3);
      const to = ["bob@domain.tld", "carol@domain.tld"];
      return await smtp.sendRaw({ from: stranger, to, source: `${head}${text}.`, mailParameters: `SIZE=${size}` });
    };
    let size = messageSizeLimit;
    // What Postfix adds counts too.
    while (!(await send(size)).startsWith("250 ")) size -= 20;
    expect(size).toBeGreaterThan(messageSizeLimit - 2000);
    await received("bob@domain.tld", `SIZE=${size}`);
    await mail().lab.sink.waitForMessage((message) => message.header("Subject") === `SIZE=${size}`);
  });
});

describe("mail with raw letters beyond ASCII in its headers", () => {
  test("of the host itself is delivered", async () => {
    await mail().host.run("sendmail -i bob@domain.tld", "Subject: from cron\nComments: Grüße\n\nGrüße\n");
    expect((await received("bob@domain.tld", "from cron")).source).toContain("Comments: Grüße\r\n");
  });

  test("is sent on by a script", async () => {
    using smtp = await openSmtp(mail());
    const raw = source("to be sent on", "Grüße", "Comments: Grüße");
    expect(await smtp.sendRaw({ from: stranger, to: "carol@domain.tld", source: raw })).toMatch(/^250 /);
    const { to } = await mail().lab.sink.waitForMessage((message) => message.header("Subject") === "to be sent on");
    expect(to).toEqual([`collector@${foreignDomain}`]);
  });
});

describe("a burst for one mailbox is delivered at once:", () => {
  test("120 messages over 30 connections", async () => {
    const send = async (connection: number): Promise<void> => {
      using smtp = await openSmtp(mail());
      for (let message = 0; message < 4; message++) {
        const subject = `burst ${connection}.${message}`;
        expect(await smtp.send({ from: stranger, to: "bob@domain.tld", subject })).toMatch(/^250 /);
      }
    };
    await Promise.all(Array.from({ length: 30 }, (_, connection) => send(connection)));
    await waitForMessages("bob@domain.tld", "burst", 120);
  });

  test("400 addresses of a catch-all, each with a copy of its own", async () => {
    using smtp = await openSmtp(mail());
    const to = Array.from({ length: 400 }, (_, number) => `name${number}@domain2.tld`);
    expect(await smtp.send({ from: stranger, to, subject: "to all names" })).toMatch(/^250 /);
    await waitForMessages("bob@domain.tld", "to all names", 400);
  });
});

test("a line of any length is stored as it came", async () => {
  using smtp = await openSmtp(mail());
  const line = `<a href="https://elsewhere.example/${"x".repeat(5000)}">`;
  expect(await smtp.send({ from: stranger, to: "bob@domain.tld", subject: "long", text: line })).toMatch(/^250 /);
  expect((await received("bob@domain.tld", "long")).source).toContain(`\r\n${line}\r\n`);
});

describe("a message that a user submits", () => {
  const letter = { from: "alice@domain.tld", to: "bob@domain.tld" };
  const bare = (subject: string): string => `From: <alice@domain.tld>\r\nSubject: ${subject}\r\n\r\nHello`;

  test("gets the Date and the Message-ID that it lacks", async () => {
    using smtp = await openSubmissionAs(mail(), "alice@domain.tld");
    expect(await smtp.sendRaw({ ...letter, source: bare("bare") })).toMatch(/^250 /);
    const message = await received("bob@domain.tld", "bare");
    expect(Date.parse(message.header("Date") ?? "")).not.toBeNaN();
    expect(message.header("Message-ID")).toMatch(/^<.+@mail\.domain\.tld>$/);
  });

  test("keeps those that it has", async () => {
    using smtp = await openSubmissionAs(mail(), "alice@domain.tld");
    expect(await smtp.sendRaw({ ...letter, source: source("complete", "Hello") })).toMatch(/^250 /);
    const message = await received("bob@domain.tld", "complete");
    expect(message.header("Date")).toBe("Fri, 02 Jan 2026 03:04:05 +0000");
    expect(message.header("Message-ID")).toBe(`<complete@${foreignDomain}>`);
  });

  test("does not tell where the user is", async () => {
    using smtp = await openSubmissionAs(mail(), "alice@domain.tld");
    expect(await smtp.sendRaw({ ...letter, to: `someone@${foreignDomain}`, source: bare("from somewhere") })).toMatch(
      /^250 /,
    );
    const isIt = (message: { header(name: string): string | undefined }): boolean =>
      message.header("Subject") === "from somewhere";
    const message = await mail().lab.sink.waitForMessage(isIt);
    // Postfix 3.10 leaves out the protocol too.
    const left = ofRelease({
      debian13: /^by mail\.domain\.tld \(Postfix\) id /,
      debian12: /^by mail\.domain\.tld \(Postfix\) with ESMTPSA id /,
    });
    expect(message.header("Received")).toMatch(left);
    expect(message.source.toString()).not.toContain(mail().lab.client.address);
    expect(message.source.toString()).not.toContain("client.elsewhere.example");
  });

  test("is completed because it is a user's: that of a stranger stays as it came", async () => {
    using smtp = await openSmtp(mail());
    expect(await smtp.sendRaw({ from: stranger, to: "bob@domain.tld", source: bare("bare, of a stranger") })).toMatch(
      /^250 /,
    );
    const message = await received("bob@domain.tld", "bare, of a stranger");
    expect(message.header("Date")).toBeUndefined();
    expect(message.header("Message-ID")).toBeUndefined();
  });
});

describe("Authentication-Results in the name of this host", () => {
  const forged = [
    "Authentication-Results: mail.domain.tld; spf=pass smtp.mailfrom=bank.example",
    "authentication-results:MAIL.Domain.TLD;dkim=pass",
    "Authentication-Results:\r\n\tmail.domain.tld;\r\n\tspf=pass",
    "Authentication-Results: mail.domain.tld 1; spf=pass",
    "Authentication-Results: mail.domain.tld/1; spf=pass",
    "Authentication-Results: mail.domain.tld",
    "Authentication-Results: mail.domain.tld (a comment); spf=pass",
    "Authentication-Results: (a; comment)\r\n (another (in it)) mail.domain.tld; spf=pass",
    "Authentication-Results: (deep (deeper (deepest))) mail.domain.tld; spf=pass",
    'Authentication-Results: "mail.domain.tld"; spf=pass',
    'Authentication-Results: "m\\ail.domain.tld"; spf=pass',
    'Authentication-Results: (a \\) comment) "mail.domain.tld"; spf=pass',
    "Authentication-Results : mail.domain.tld; spf=pass",
  ];
  const others = [
    "Authentication-Results: mx.elsewhere.example; spf=pass smtp.helo=mail.domain.tld",
    "Authentication-Results: (of mail.domain.tld) mx.elsewhere.example; spf=pass",
    "Authentication-Results: mail.domain.tld.elsewhere.example; spf=pass",
    "Authentication-Results: webmail.domain.tld; spf=pass",
    "Authentication-Results: mailxdomain.tld; spf=pass",
    "X-Authentication-Results: mail.domain.tld; spf=pass",
  ];

  async function expectOthersAlone(subject: string): Promise<void> {
    const [headers = ""] = (await received("bob@domain.tld", subject)).source.split("\r\n\r\n", 1);
    expect(headers.match(/^.*authentication-results.*(?:\r\n[ \t].*)*/gim)).toEqual(others);
  }

  test("is removed from mail of strangers, and that of others is kept", async () => {
    using smtp = await openSmtp(mail());
    const raw = source("forged, by a stranger", "text", ...forged, ...others);
    expect(await smtp.sendRaw({ from: stranger, to: "bob@domain.tld", source: raw })).toMatch(/^250 /);
    await expectOthersAlone("forged, by a stranger");
  });

  test("is removed from mail of users", async () => {
    using smtp = await openSubmissionAs(mail(), "alice@domain.tld");
    const raw = source("forged, by a user", "text", ...forged, ...others);
    expect(await smtp.sendRaw({ from: "alice@domain.tld", to: "bob@domain.tld", source: raw })).toMatch(/^250 /);
    await expectOthersAlone("forged, by a user");
  });

  test("is removed from mail of the host itself", async () => {
    const raw = source("forged, on the host", "text", ...forged, ...others).replaceAll("\r\n", "\n");
    await mail().host.run("sendmail -i bob@domain.tld", `${raw}\n`);
    await expectOthersAlone("forged, on the host");
  });

  test("is kept in a message that is attached to another", async () => {
    using smtp = await openSmtp(mail());
    const attached = [
      `--x`,
      "Content-Type: message/rfc822",
      "",
      forged[0],
      "Subject: attached",
      "",
      "text",
      "--x--",
    ].join("\r\n");
    const raw = source(
      "with a message in it",
      attached,
      "MIME-Version: 1.0",
      'Content-Type: multipart/mixed; boundary="x"',
    );
    expect(await smtp.sendRaw({ from: stranger, to: "bob@domain.tld", source: raw })).toMatch(/^250 /);
    expect((await received("bob@domain.tld", "with a message in it")).source).toContain(forged[0]);
  });
});

describe("the folders that mail programs look for", () => {
  const uses = ["Archive", "Drafts", "Junk", "Sent", "Trash"];
  /** Name to attributes of all folders of a user. */
  async function foldersOf(user: string): Promise<Map<string, string>> {
    using imap = await openImapAs(mail(), user);
    const listed = await imap.say('LIST "" "*" RETURN (SUBSCRIBED SPECIAL-USE)');
    const folders = [...listed.matchAll(/^\* LIST \(([^)]*)\) "\/" "?([^"\n]+?)"?$/gm)];
    return new Map(folders.map(([, attributes = "", name = ""]) => [name, attributes]));
  }

  test("are there for a new user, subscribed and with their special use", async () => {
    const folders = await foldersOf("dave@domain.tld");
    expect([...folders.keys()].sort()).toEqual([...uses, "INBOX"].sort());
    for (const use of uses)
      expect(folders.get(use)?.split(" ")).toEqual(expect.arrayContaining([`\\${use}`, "\\Subscribed"]));
  });

  test("take mail, each by its own name", async () => {
    using imap = await openImapAs(mail(), "dave@domain.tld");
    for (const use of uses) expect(await imap.say(`STATUS ${use} (MESSAGES)`)).toMatch(/^OK/m);
  });

  test("are left alone where they are there already", async () => {
    const maildir = "/var/vmail/domain.tld/eve/maildir";
    const asVmail = (command: string): string =>
      `setpriv --reuid=vmail --regid=vmail --clear-groups sh -c '${command}'`;
    const make = `umask 077; mkdir -p ${maildir}/.Sent/cur ${maildir}/.Sent/new ${maildir}/.Sent/tmp "${maildir}/.Sent Items/cur"
      cat >${maildir}/.Sent/cur/1.host:2,S; printf "V\\t2\\n\\nJunk\\n" >${maildir}/subscriptions`;
    expect(await mail().host.run(asVmail(make), "Subject: sent before\n\nHello\n")).toMatchObject({ code: 0 });
    const folders = await foldersOf("eve@domain.tld");
    expect([...folders.keys()].sort()).toEqual([...uses, "INBOX", "Sent Items"].sort());
    expect(folders.get("Sent Items")).not.toContain("\\Subscribed");
    using imap = await openImapAs(mail(), "eve@domain.tld");
    expect(await imap.say("STATUS Sent (MESSAGES UNSEEN)")).toContain("(MESSAGES 1 UNSEEN 0)");
  });
});

test("40 sessions of one user from one address are served", async () => {
  const sessions = await Promise.all(Array.from({ length: 40 }, () => openImapAs(mail(), "alice@domain.tld")));
  const replies = await Promise.all(sessions.map((imap) => imap.say("STATUS INBOX (MESSAGES)")));
  expect(replies.filter((reply) => !/^OK/m.test(reply))).toEqual([]);
  for (const imap of sessions) imap[Symbol.dispose]();
});

test("nothing was put off or came back", async () => {
  const { stdout } = await mail().host.run(
    "journalctl --quiet --output=cat | grep -E 'status=(deferred|bounced)' || true",
  );
  expect(stdout).toBe("");
  expect((await mail().host.run("mailq")).stdout).toBe("Mail queue is empty\n");
});

test("the daemons have nothing to complain of", async () => {
  const provoked = [
    /Illegal address syntax from client\.elsewhere\.example/,
    /queue file size limit exceeded/,
    /postfix\/cleanup: warning: mail_stream_cleanup: close error/,
  ];
  expect(await complaints(mail().host, provoked)).toEqual([]);
});

import { describe, expect, test } from "vitest";
import { foreignDomain, missingDomain, silentDomain } from "../../tools/testhost/dns.ts";
import { postmaster, useDeployedHost } from "../helpers/deployedHost.ts";
import { complaints } from "../helpers/hostJournal.ts";
import { openMailbox } from "../helpers/mailbox.ts";
import { mapType } from "../helpers/release.ts";
import { openSmtp, SmtpConversation } from "../helpers/smtpConversation.ts";
import { oldTlsVersions, onlyTls, refusedTlsVersion } from "../helpers/tlsVersions.ts";

const messageSizeLimit = 100_000;
const stranger = `stranger@${foreignDomain}`;

const mail = useDeployedHost({
  mail: { messageSizeLimit },
  domains: {
    "domain.tld": {
      mailboxes: { alice: {}, bob: {}, carol: {}, old: { enabled: false } },
      aliases: {
        info: ["alice", "bob"],
        left: ["old"],
        staff: ["carol", "old"],
        partner: [`partner@${foreignDomain}`],
      },
    },
    "domain1.tld": { mailboxes: { dave: {} }, aliases: { team: ["dave", "carol@domain.tld"] } },
  },
});

describe("the service", () => {
  test("listens with the others on 25, 587 and 143 of IPv4, and nothing of mail on another port", async () => {
    const { stdout } = await mail().host.run("ss -Hltnp | grep -v sshd | awk '{ print $4, $6 }'");
    const sockets = stdout
      .trim()
      .split("\n")
      .map((line) => line.replace(/ .*"(master|dovecot)".*/, " $1"));
    expect(sockets.sort()).toEqual(["0.0.0.0:143 dovecot", "0.0.0.0:25 master", "0.0.0.0:587 master"]);
  });

  test("tells its name and nothing else", async () => {
    using smtp = await SmtpConversation.open(mail(), 25);
    expect(smtp.greeting).toBe("220 mail.domain.tld ESMTP");
  });

  test("offers STARTTLS and never a log-in", async () => {
    using smtp = await SmtpConversation.open(mail(), 25);
    const offer = await smtp.greet();
    expect(offer).toContain("STARTTLS");
    expect(offer).not.toContain("AUTH");
    const offerInside = await smtp.startTls();
    expect(offerInside).toContain("PIPELINING");
    expect(offerInside).not.toContain("AUTH");
    expect(await smtp.logIn("alice@domain.tld")).toMatch(/^503 5\.5\.1 /);
  });

  test.each(oldTlsVersions)("refuses %s", async (version) => {
    using smtp = await openSmtp(mail());
    await expect(smtp.startTls(onlyTls(version))).rejects.toMatchObject(refusedTlsVersion);
  });

  test("does not tell who is there", async () => {
    using smtp = await openSmtp(mail());
    expect(await smtp.say("VRFY alice@domain.tld")).toMatch(/^502 /);
    expect(await smtp.say("EXPN info@domain.tld")).toMatch(/^50[02] /);
  });

  test("wants to be greeted first", async () => {
    using smtp = await SmtpConversation.open(mail(), 25);
    expect(await smtp.say(`MAIL FROM:<${stranger}>`)).toMatch(/^503 5\.5\.1 /);
  });

  test.each([`MAIL FROM:${stranger}`, `MAIL FROM:<Stranger <${stranger}>>`])(
    "refuses the envelope %s",
    async (command) => {
      using smtp = await openSmtp(mail());
      expect(await smtp.say(command)).toMatch(/^501 5\.[15]\.\d /);
    },
  );
});

describe("a message from outside", () => {
  test("is delivered by LMTP", async () => {
    using smtp = await openSmtp(mail());
    const subject = "from outside";
    expect(await smtp.send({ from: stranger, to: "bob@domain.tld", subject })).toMatch(/^250 /);
    await using mailbox = await openMailbox(mail(), "bob@domain.tld");
    const message = await mailbox.waitFor(subject);
    expect(message.header("Return-Path")).toBe(`<${stranger}>`);
    expect(message.header("Delivered-To")).toBe("bob@domain.tld");
    expect(message.header("Received")).toMatch(/^from mail\.domain\.tld .*by mail\.domain\.tld with LMTP /);
    expect(message.source).toContain(
      `from client.elsewhere.example (client.elsewhere.example [${mail().lab.client.address}])`,
    );
  });

  test("comes inside TLS too", async () => {
    using smtp = await openSmtp(mail());
    await smtp.startTls();
    const subject = "from outside, inside TLS";
    expect(await smtp.send({ from: stranger, to: "dave@domain1.tld", subject })).toMatch(/^250 /);
    await using mailbox = await openMailbox(mail(), "dave@domain1.tld");
    expect((await mailbox.waitFor(subject)).source).toContain("by mail.domain.tld (Postfix) with ESMTPS");
  });

  test.each([
    ["every member of an alias", "info@domain.tld", ["alice@domain.tld", "bob@domain.tld"]],
    ["members in several domains", "team@domain1.tld", ["dave@domain1.tld", "carol@domain.tld"]],
    ["a user, however his address is written", "Carol@DOMAIN.tld", ["carol@domain.tld"]],
    ["the members of an alias that are not disabled", "staff@domain.tld", ["carol@domain.tld"]],
  ])("reaches %s", async (what, to, receivers) => {
    using smtp = await openSmtp(mail());
    const subject = `for ${what}`;
    expect(await smtp.send({ from: stranger, to, subject })).toMatch(/^250 /);
    for (const receiver of receivers) {
      await using mailbox = await openMailbox(mail(), receiver);
      expect((await mailbox.waitFor(subject)).header("To")).toBe(to);
    }
  });

  test("may have a sender of this host, as mail from forwarders and mailing lists has", async () => {
    using smtp = await openSmtp(mail());
    const subject = "from a list";
    expect(await smtp.send({ from: "alice@domain.tld", to: "bob@domain.tld", subject })).toMatch(/^250 /);
    await using mailbox = await openMailbox(mail(), "bob@domain.tld");
    expect((await mailbox.waitFor(subject)).header("Return-Path")).toBe("<alice@domain.tld>");
  });

  test("is sent on to a foreign member of an alias", async () => {
    using smtp = await openSmtp(mail());
    const subject = "for the partner";
    expect(await smtp.send({ from: stranger, to: "partner@domain.tld", subject })).toMatch(/^250 /);
    const message = await mail().lab.sink.waitForMessage((message) => message.header("Subject") === subject);
    expect(message).toMatchObject({ from: stranger, to: [`partner@${foreignDomain}`], tls: true });
  });

  test.each([
    "postmaster@domain.tld",
    "abuse@domain.tld",
    "postmaster@domain1.tld",
    "abuse@domain1.tld",
    "root@mail.domain.tld",
    "postmaster@mail.domain.tld",
    // RFC 5321, 4.5.1: also without a domain.
    "postmaster",
  ])("to %s reaches the postmaster", async (to) => {
    using smtp = await openSmtp(mail());
    const subject = `for ${to}`;
    expect(await smtp.send({ from: stranger, to, subject })).toMatch(/^250 /);
    await using mailbox = await openMailbox(mail(), postmaster);
    expect((await mailbox.waitFor(subject)).header("To")).toBe(to);
  });
});

describe("a recipient is refused that is", () => {
  test.each([
    ["unknown", "nobody@domain.tld", /^550 5\.1\.1 /],
    ["unknown in the second domain", "alice@domain1.tld", /^550 5\.1\.1 /],
    ["disabled", "old@domain.tld", /^550 5\.1\.1 /],
    ["an alias of disabled users alone", "left@domain.tld", /^550 5\.1\.1 /],
    ["a user with an extension, where none are in use", "bob+lists@domain.tld", /^550 5\.1\.1 /],
    ["an account of the system", "vmail@mail.domain.tld", /^550 5\.1\.1 /],
    ["the account of the authentication", "doveauth@mail.domain.tld", /^550 5\.1\.1 /],
    ["an account of the system by the host's other name", "vmail@localhost.domain.tld", /^550 5\.1\.1 /],
    ["of a foreign domain", `else@${foreignDomain}`, /^554 5\.7\.1 /],
    ["of a foreign domain, by a source route", `@mail.domain.tld:else@${foreignDomain}`, /^554 5\.7\.1 /],
    ["of a foreign domain, by a percent sign", `else%${foreignDomain}@domain.tld`, /^55[04] 5\.[17]\.1 /],
    ["of a foreign domain, by an exclamation mark", `${foreignDomain}!else@mail.domain.tld`, /^55[04] 5\.[17]\.1 /],
    ["of a name without a domain", "else@nowhere", /^554 5\.7\.1 /],
  ])("%s", async (_what, recipient, refusal) => {
    using smtp = await openSmtp(mail());
    await smtp.say(`MAIL FROM:<${stranger}>`);
    expect(await smtp.say(`RCPT TO:<${recipient}>`)).toMatch(refusal);
  });

  test("of a foreign domain, and no name server is asked", async () => {
    using smtp = await openSmtp(mail());
    await smtp.say(`MAIL FROM:<${stranger}>`);
    const start = performance.now();
    expect(await smtp.say(`RCPT TO:<else@${silentDomain}>`)).toMatch(/^554 5\.7\.1 /);
    expect(performance.now() - start).toBeLessThan(4000);
  });
});

describe("the size of a message", () => {
  test("is refused before it is sent where it is announced", async () => {
    using smtp = await SmtpConversation.open(mail(), 25);
    expect(await smtp.greet()).toContain(`SIZE ${messageSizeLimit}`);
    expect(await smtp.say(`MAIL FROM:<${stranger}> SIZE=${messageSizeLimit + 1}`)).toMatch(/^552 5\.3\.4 /);
  });

  test("is refused after it was sent where it is not", async () => {
    using smtp = await openSmtp(mail());
    const text = `${"x".repeat(98)}\r\n`.repeat(messageSizeLimit / 100);
    expect(await smtp.send({ from: stranger, to: "bob@domain.tld", subject: "too large", text })).toMatch(
      /^552 5\.3\.4 /,
    );
  });
});

describe("SMTP smuggling", () => {
  test.each([
    ["LF . LF", "\n.\n"],
    ["LF . CR LF", "\n.\r\n"],
    ["CR LF . LF", "\r\n.\n"],
    ["CR . CR", "\r.\r"],
    ["CR . CR LF", "\r.\r\n"],
    ["CR LF . CR", "\r\n.\r"],
  ])("%s ends no message", async (name, end) => {
    using smtp = await openSmtp(mail());
    const subject = `smuggling by ${name}`;
    const smuggled = [
      "MAIL FROM:<alice@domain.tld>",
      "RCPT TO:<dave@domain1.tld>",
      "DATA",
      "Subject: smuggled",
      "",
      "Pay at once",
    ].join("\r\n");
    expect(
      await smtp.send({ from: stranger, to: "carol@domain.tld", subject, text: `Hello${end}${smuggled}` }),
    ).toMatch(/^250 /);
    // Were there a second message in it, the replies to its commands would come now.
    expect(await smtp.say("NOOP")).toBe("250 2.0.0 Ok");
    expect(await smtp.say("QUIT")).toBe("221 2.0.0 Bye");
    await using mailbox = await openMailbox(mail(), "carol@domain.tld");
    expect((await mailbox.waitFor(subject)).source).toContain("Pay at once");
  });

  test("leaves nothing in the other mailbox", async () => {
    await using mailbox = await openMailbox(mail(), "dave@domain1.tld");
    expect(await mailbox.subjects()).not.toContain("smuggled");
  });
});

describe("refuses a client that does not wait", () => {
  test("for the reply to its greeting", async () => {
    using smtp = await SmtpConversation.open(mail(), 25);
    expect(await smtp.sayRaw(`EHLO x.${foreignDomain}\r\nMAIL FROM:<${stranger}>\r\n`)).toMatch(/^554 5\.5\.0 /);
    expect(await smtp.farewell()).toBe("");
  });

  test("before it sends the text of a message", async () => {
    using smtp = await openSmtp(mail());
    await smtp.say(`MAIL FROM:<${stranger}>`);
    await smtp.say("RCPT TO:<bob@domain.tld>");
    expect(await smtp.sayRaw("DATA\r\nSubject: hasty\r\n\r\nHello\r\n.\r\n")).toMatch(/^554 5\.5\.0 /);
    expect(await smtp.farewell()).toBe("");
  });
});

describe("a program of the host itself", () => {
  /** The replies to these commands on 25 of the loopback address, which is in mynetworks. */
  async function sayLocally(...commands: readonly string[]): Promise<string[]> {
    const conversation = `exec 3<>/dev/tcp/127.0.0.1/25; read -r -u 3
      for command in ${commands.map((command) => `'${command}'`).join(" ")}; do
        printf '%s\\r\\n' "$command" >&3
        while read -r -u 3 line && [[ $line == ???-* ]]; do :; done
        printf '%s\\n' "$line"
      done`;
    const { stdout } = await mail().host.run("bash -s", conversation);
    return stdout.replaceAll("\r", "").trim().split("\n");
  }

  test("may send to other domains, but not to those that do not exist, nor to half an address", async () => {
    const replies = await sayLocally(
      "EHLO localhost",
      "MAIL FROM:<root@mail.domain.tld>",
      `RCPT TO:<someone@${foreignDomain}>`,
      `RCPT TO:<someone@${missingDomain}>`,
      "RCPT TO:<someone@nowhere>",
      "RCPT TO:<nobody@domain.tld>",
      "QUIT",
    );
    expect(replies.slice(2, -1)).toEqual([
      "250 2.1.5 Ok",
      expect.stringMatching(/^450 4\.1\.2 /),
      expect.stringMatching(/^504 5\.5\.2 /),
      expect.stringMatching(/^550 5\.1\.1 /),
    ]);
  });

  test("has no domain added to the names that it writes", async () => {
    const subject = "names as they are";
    await mail().host.run(
      "sendmail -i carol@domain.tld",
      `From: root\nTo: someone@laptop\nSubject: ${subject}\n\ntext\n`,
    );
    await using mailbox = await openMailbox(mail(), "carol@domain.tld");
    expect((await mailbox.waitFor(subject)).header("To")).toBe("someone@laptop");
  });
});

test.each([
  ["biff", "no"],
  ["mailbox_size_limit", "0"],
  ["mydestination", "$myhostname, localhost.$mydomain"],
  ["service_throttle_time", "1s"],
])("%s, which shows in no reply, is %s", async (parameter, value) => {
  expect((await mail().host.run(`postconf -h ${parameter}`)).stdout.trim()).toBe(value);
});

test("sessions of TLS are kept for the clients that come back", async () => {
  using smtp = await openSmtp(mail());
  await smtp.startTls();
  // A copy: tlsmgr keeps a hash table locked.
  const cache = `${mapType}:/root/smtpd_scache`;
  const { stdout } = await mail().host.run(`cp /var/lib/postfix/smtpd_scache.* /root/ && postmap -s ${cache} | wc -l`);
  expect(Number(stdout)).toBeGreaterThan(0);
});

test("the host's own mail for root reaches the postmaster", async () => {
  const subject = "from the host itself";
  await mail().host.run("sendmail root", `Subject: ${subject}\n\nThe disk is full\n`);
  await using mailbox = await openMailbox(mail(), postmaster);
  expect((await mailbox.waitFor(subject)).header("Return-Path")).toBe("<root@mail.domain.tld>");
});

test("the daemons have nothing to complain of", async () => {
  const provoked = [
    /TLS library problem: .*unsupported protocol/,
    /Illegal address syntax from client\.elsewhere\.example/,
    /queue file size limit exceeded/,
    /postfix\/cleanup: warning: mail_stream_cleanup: close error/,
  ];
  expect(await complaints(mail().host, provoked)).toEqual([]);
});

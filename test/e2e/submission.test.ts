import { createTransport } from "nodemailer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { foreignDomain, missingDomain } from "../../tools/testhost/dns.ts";
import { useDeployedHost } from "../helpers/deployedHost.ts";
import { complaints } from "../helpers/hostJournal.ts";
import { openMailbox } from "../helpers/mailbox.ts";
import { openSmtp, openSubmission, openSubmissionAs, SmtpConversation } from "../helpers/smtpConversation.ts";
import { passwordOf } from "../helpers/testUsers.ts";
import { oldTlsVersions, onlyTls, refusedTlsVersion } from "../helpers/tlsVersions.ts";

const mail = useDeployedHost({
  domains: {
    "domain.tld": {
      mailboxes: { alice: {}, bob: {}, carol: {}, old: { enabled: false } },
      aliases: {
        info: ["alice", "bob"],
        sales: { members: ["alice", "bob"], senders: ["bob", "carol"] },
        noreply: { members: ["alice"], senders: [] },
        partners: ["bob", `partner@${foreignDomain}`],
      },
    },
    "domain1.tld": { mailboxes: { dave: {} }, aliases: { team: ["dave", "alice@domain.tld"] } },
  },
});

describe("before STARTTLS", () => {
  test("no log-in is offered, and none is taken", async () => {
    using smtp = await SmtpConversation.open(mail(), 587);
    const offer = await smtp.greet();
    expect(offer).toContain("STARTTLS");
    expect(offer).not.toContain("AUTH");
    expect(await smtp.logIn("alice@domain.tld")).toMatch(/^530 /);
  });

  test("no message begins", async () => {
    using smtp = await SmtpConversation.open(mail(), 587);
    await smtp.greet();
    expect(await smtp.say("MAIL FROM:<alice@domain.tld>")).toMatch(/^530 /);
  });
});

describe("STARTTLS", () => {
  test.each(oldTlsVersions)("refuses %s", async (version) => {
    using smtp = await SmtpConversation.open(mail(), 587);
    await smtp.greet();
    await expect(smtp.startTls(onlyTls(version))).rejects.toMatchObject(refusedTlsVersion);
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)("takes %s and offers AUTH PLAIN", async (version) => {
    using smtp = await SmtpConversation.open(mail(), 587);
    await smtp.greet();
    expect(await smtp.startTls(onlyTls(version))).toMatch(/^250[- ]AUTH PLAIN$/m);
    expect(await smtp.logIn("alice@domain.tld")).toMatch(/^235 /);
  });
});

describe("a message of a user", () => {
  test("reaches a user of another domain of the host", async () => {
    using smtp = await openSubmissionAs(mail(), "alice@domain.tld");
    const subject = "from alice to dave";
    expect(await smtp.send({ from: "alice@domain.tld", to: "dave@domain1.tld", subject })).toMatch(/^250 /);
    await using mailbox = await openMailbox(mail(), "dave@domain1.tld");
    expect((await mailbox.waitFor(subject)).header("From")).toBe("<alice@domain.tld>");
  });

  test("goes out to a foreign domain inside TLS", async () => {
    using smtp = await openSubmissionAs(mail(), "dave@domain1.tld");
    const subject = "from dave to the world";
    const to = `someone@${foreignDomain}`;
    expect(await smtp.send({ from: "dave@domain1.tld", to, subject })).toMatch(/^250 /);
    const message = await mail().lab.sink.waitForMessage((message) => message.header("Subject") === subject);
    expect(message).toMatchObject({ from: "dave@domain1.tld", to: [to], tls: true, helo: mail().hostname });
  });

  test("is sent by a mail program with nothing set but server, port and user", async () => {
    const { lab, host, hostname, certificateAuthority } = mail();
    const transport = createTransport({
      host: host.address,
      port: 587,
      requireTLS: true,
      proxy: lab.client.proxy,
      tls: { servername: hostname, ca: certificateAuthority },
      auth: { user: "bob@domain.tld", pass: passwordOf("bob@domain.tld") },
    });
    const subject = "from a mail program";
    await transport.sendMail({ from: "bob@domain.tld", to: "alice@domain.tld", subject, text: "Hello" });
    await using mailbox = await openMailbox(mail(), "alice@domain.tld");
    expect((await mailbox.waitFor(subject)).source).toContain("Hello");
  });

  test("goes to every member of an alias, here and elsewhere", async () => {
    using smtp = await openSubmissionAs(mail(), "alice@domain.tld");
    const subject = "to the partners";
    expect(await smtp.send({ from: "alice@domain.tld", to: "partners@domain.tld", subject })).toMatch(/^250 /);
    await using mailbox = await openMailbox(mail(), "bob@domain.tld");
    await mailbox.waitFor(subject);
    const message = await mail().lab.sink.waitForMessage((message) => message.header("Subject") === subject);
    expect(message.to).toEqual([`partner@${foreignDomain}`]);
  });
});

describe("the sender", () => {
  const accepted = [
    ["a user's own address", "alice@domain.tld", "alice@domain.tld"],
    ["an alias that the user is a member of", "bob@domain.tld", "info@domain.tld"],
    ["an alias of another domain that the user is a member of", "alice@domain.tld", "team@domain1.tld"],
    ["an alias that the user is named as a sender of", "carol@domain.tld", "sales@domain.tld"],
    ["nobody, as in a read receipt", "alice@domain.tld", ""],
  ] as const;
  test.each(accepted)("may be %s", async (what, user, sender) => {
    using smtp = await openSubmissionAs(mail(), user);
    const subject = `sent as ${what}`;
    expect(await smtp.send({ from: sender, to: "carol@domain.tld", subject })).toMatch(/^250 /);
    await using mailbox = await openMailbox(mail(), "carol@domain.tld");
    expect((await mailbox.waitFor(subject)).header("Return-Path")).toBe(`<${sender}>`);
  });

  const refused = [
    ["another user's address", "alice@domain.tld", "bob@domain.tld"],
    ["an alias of others", "carol@domain.tld", "info@domain.tld"],
    ["an alias with other senders than its members", "alice@domain.tld", "sales@domain.tld"],
    ["an alias that nobody may send as", "alice@domain.tld", "noreply@domain.tld"],
    ["a disabled user's address", "alice@domain.tld", "old@domain.tld"],
    ["another user's address with other letters", "alice@domain.tld", "Bob@Domain.TLD"],
    ["an address of a served domain that nobody has", "alice@domain.tld", "nobody@domain.tld"],
    ["an address of a foreign domain", "alice@domain.tld", `someone@${foreignDomain}`],
  ] as const;
  test.each(refused)("may not be %s", async (_what, user, sender) => {
    using smtp = await openSubmissionAs(mail(), user);
    await smtp.say(`MAIL FROM:<${sender}>`);
    expect(await smtp.say("RCPT TO:<carol@domain.tld>")).toMatch(/^553 5\.7\.1 /);
  });
});

describe("the recipient", () => {
  const refused = [
    ["unknown here", "nobody@domain.tld", /^550 5\.1\.1 /],
    ["disabled", "old@domain.tld", /^550 5\.1\.1 /],
    ["of a domain that does not exist", `someone@${missingDomain}`, /^450 4\.1\.2 /],
    ["without a full domain", "someone@nowhere", /^504 5\.5\.2 /],
  ] as const;
  test.each(refused)("is refused where it is %s", async (_what, recipient, refusal) => {
    using smtp = await openSubmissionAs(mail(), "alice@domain.tld");
    await smtp.say("MAIL FROM:<alice@domain.tld>");
    expect(await smtp.say(`RCPT TO:<${recipient}>`)).toMatch(refusal);
    expect(await smtp.say("RCPT TO:<bob@domain.tld>")).toMatch(/^250 /);
  });
});

test.each([
  ["alice@domain.tld", "bob@domain.tld"],
  [`someone@${foreignDomain}`, "bob@domain.tld"],
  [`someone@${foreignDomain}`, `else@${foreignDomain}`],
  ["", "bob@domain.tld"],
])("without log-in no message goes from <%s> to <%s>", async (sender, recipient) => {
  using smtp = await openSubmission(mail());
  await smtp.say(`MAIL FROM:<${sender}>`);
  expect(await smtp.say(`RCPT TO:<${recipient}>`)).toMatch(/^55[34] 5\.7\.1 /);
});

describe("a log-in", () => {
  test("is taken in other letters, and the user may send as himself", async () => {
    using smtp = await openSubmission(mail());
    expect(await smtp.logIn("ALICE@Domain.TLD")).toMatch(/^235 /);
    await smtp.say("MAIL FROM:<alice@domain.tld>");
    expect(await smtp.say("RCPT TO:<bob@domain.tld>")).toMatch(/^250 /);
  });

  test.each([
    ["a wrong password", "alice@domain.tld", "wrong"],
    ["a disabled user", "old@domain.tld", passwordOf("old@domain.tld")],
    ["the local part alone", "alice", passwordOf("alice@domain.tld")],
    ["somebody unknown", "nobody@domain.tld", "wrong"],
  ])("is refused of %s", async (_what, user, password) => {
    using smtp = await openSubmission(mail());
    expect(await smtp.logIn(user, password)).toMatch(/^535 5\.7\.8 /);
  });

  test("is taken at once from an address that others have guessed passwords from", async () => {
    // From the third on, Dovecot by itself would hold back the next one.
    for (let wrong = 0; wrong < 4; wrong++) {
      using guessing = await openSubmission(mail());
      expect(await guessing.logIn("bob@domain.tld", `guess-${wrong}`)).toMatch(/^535 5\.7\.8 /);
    }
    using smtp = await openSubmission(mail());
    const start = performance.now();
    expect(await smtp.logIn("alice@domain.tld")).toMatch(/^235 /);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

test("the log tells what users do from what strangers do", async () => {
  const { stdout } = await mail().host.run("journalctl --quiet --output=cat --identifier=postfix/submission/smtpd");
  expect(stdout).toMatch(/ client=client\.elsewhere\.example\[.*sasl_username=alice@domain\.tld/);
});

describe("what main.cf asks of strangers", () => {
  const restrictions = ["client", "helo", "sender", "data", "end_of_data"].map(
    (stage) => `smtpd_${stage}_restrictions`,
  );
  beforeAll(async () => {
    const { run } = mail().host;
    await run("cp -a /etc/postfix/main.cf /root/");
    await run(`postconf -e ${restrictions.map((name) => `${name}=reject`).join(" ")} && postfix reload`);
  });
  afterAll(async () => {
    await mail().host.run("cp -a /root/main.cf /etc/postfix/ && postfix reload");
  });

  test("is not asked of users", async () => {
    await expect.poll(() => sendOn25(), { timeout: 20_000 }).toMatch(/^554 5\.7\.1 .*Client host rejected/);
    using smtp = await openSubmissionAs(mail(), "alice@domain.tld");
    const letter = { from: "alice@domain.tld", to: "bob@domain.tld", subject: "not asked" };
    expect(await smtp.send(letter)).toMatch(/^250 /);
  });

  /** The reply to a stranger's recipient. */
  async function sendOn25(): Promise<string> {
    using smtp = await openSmtp(mail());
    await smtp.say(`MAIL FROM:<someone@${foreignDomain}>`);
    return await smtp.say("RCPT TO:<bob@domain.tld>");
  }
});

// These come last: for a minute the client has used up what is allowed. What the tests before have used counts too.
describe("of one client in a minute", () => {
  /** What Postfix has counted when it refused for the first time. */
  async function firstExcess(what: string): Promise<number> {
    const { stdout } = await mail().host.run("journalctl --quiet --output=cat --identifier=postfix/submission/smtpd");
    return Number(new RegExp(`${what} rate limit exceeded: (\\d+) `).exec(stdout)?.[1]);
  }

  test("300 messages are taken", async () => {
    let reply = "250";
    for (let taken = 0; reply.startsWith("250") && taken <= 300; ) {
      using smtp = await openSubmissionAs(mail(), "alice@domain.tld");
      // Postfix slows down a client that greets a hundred times.
      for (let greetings = 0; reply.startsWith("250") && greetings < 90; greetings++) {
        reply = await smtp.say("MAIL FROM:<alice@domain.tld>");
        taken++;
        await smtp.greet();
      }
    }
    expect(reply).toMatch(/^450 4\.7\.1 .*too much mail/);
    expect(await firstExcess("Message delivery request")).toBe(301);
  });

  test("60 log-ins are tried", async () => {
    let reply = "535";
    for (let tried = 0; reply.startsWith("535") && tried <= 60; ) {
      using smtp = await openSubmission(mail());
      // Postfix slows down a client with ten mistakes.
      for (let mistakes = 0; reply.startsWith("535") && mistakes < 9; mistakes++) {
        reply = await smtp.say("AUTH UNKNOWN");
        tried++;
      }
    }
    expect(reply).toMatch(/^450 4\.7\.1 .*too many AUTH commands/);
    expect(await firstExcess("AUTH command")).toBe(61);
  });

  test("120 connections are taken", async () => {
    let greeting = "220";
    for (let taken = 0; greeting.startsWith("220") && taken <= 120; taken++) {
      using smtp = await SmtpConversation.open(mail(), 587);
      ({ greeting } = smtp);
    }
    expect(greeting).toMatch(/^421 4\.7\.0 .*too many connections/);
    expect(await firstExcess("Connection")).toBe(121);
  });
});

test("the daemons have nothing to complain of", async () => {
  const provoked = [
    /rate limit exceeded: \d+ from client\.elsewhere\.example/,
    /TLS library problem: .*unsupported protocol/,
    /SASL PLAIN authentication failed: \(reason unavailable\)/,
    /SASL UNKNOWN authentication failed: Invalid authentication mechanism/,
  ];
  expect(await complaints(mail().host, provoked)).toEqual([]);
});

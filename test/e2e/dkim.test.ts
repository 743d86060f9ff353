import { generateKeyPairSync } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { sealMessage } from "mailauth/lib/arc/index.js";
import { dkimSign } from "mailauth/lib/dkim/sign.js";
import { describe, expect, test } from "vitest";
import type { DnsRecord } from "../../components/index.ts";
import { systemd } from "../../provider/machine/systemd.ts";
import { transactionShell } from "../../provider/transaction/shell.ts";
import { postsrsd } from "../../shared/daemons/postsrsd/postsrsd.ts";
import { rspamd } from "../../shared/daemons/rspamd/rspamd.ts";
import { dkimRecordName } from "../../shared/dkim/dkimKey.ts";
import { dkimRecordText } from "../../shared/dkim/dkimKeyText.ts";
import { foreignDomain } from "../../tools/testhost/dns.ts";
import type { SinkMessage } from "../../tools/testhost/sink.ts";
import { waitUntil } from "../../tools/testhost/waiting.ts";
import { useDeployedHost } from "../helpers/deployedHost.ts";
import { complaints } from "../helpers/hostJournal.ts";
import { openMailbox } from "../helpers/mailbox.ts";
import { startNameServer } from "../helpers/nameServer.ts";
import { ofRelease } from "../helpers/release.ts";
import { findSecrets, watchProcesses } from "../helpers/secretSearch.ts";
import { verifySeals, verifySignatures } from "../helpers/signatures.ts";
import { openSmtp, openSubmissionAs, openSubmissions, SmtpConversation } from "../helpers/smtpConversation.ts";

const stranger = `someone@${foreignDomain}`;
const partner = `partner@${foreignDomain}`;

const script = `require ["vacation"];
if header :contains "Subject" "send on" { redirect "${partner}"; }
elsif header :contains "Subject" "are you there" { vacation :subject "I am away" "Back on Monday"; }
`;

const settings = {
  domains: {
    "domain.tld": {
      mailboxes: { alice: { sendAs: [`alice@${foreignDomain}`] }, bob: { sieve: script } },
      aliases: {
        partners: [partner],
        indirectly: ["partners"],
        gone: [`refused@${foreignDomain}`],
        sales: { members: ["bob"], senders: ["alice"] },
      },
    },
    "domain1.tld": { mailboxes: { dave: { forward: [`dave@${foreignDomain}`] } } },
  },
  mail: { recipientDelimiter: "+" },
  postfix: { submissions: true, parameters: { "submission/inet/smtpd_client_message_rate_limit": 0 } },
  dkim: {},
};
const mail = useDeployedHost(settings);

/** The records that the last deployment told to publish. */
async function recordsToPublish(): Promise<DnsRecord[]> {
  return (await mail().project.outputs()).dnsRecords?.value;
}

function sent(subject: string, to: string): Promise<SinkMessage> {
  const isIt = (message: SinkMessage) => message.header("Subject") === subject && message.to.includes(to);
  return mail().lab.sink.waitForMessage(isIt, 90_000);
}

/** What a stranger finds of the signatures of the message with that subject, when it has left for that address. */
async function signaturesOf(subject: string, to = stranger): Promise<string[]> {
  const { source } = await sent(subject, to);
  return verifySignatures(source, await recordsToPublish());
}

const both = (domain: string) => [`pass ${domain} s1 rsa-sha256`, `pass ${domain} s1-ed25519 ed25519-sha256`];

async function submit(user: string, subject: string, to = stranger): Promise<void> {
  using smtp = await openSubmissionAs(mail(), user);
  expect(await smtp.send({ from: user, to, subject })).toMatch(/^250 /);
}

async function sendFromOutside(from: string, subject: string, to: string): Promise<void> {
  using smtp = await openSmtp(mail());
  expect(await smtp.send({ from, to, subject })).toMatch(/^250 /);
}

/** Runs a hook of rspamd on the host, as a deployment does; returns what it complains of. */
async function complaintsOf(hook: string): Promise<string> {
  const { stdout, stderr } = await mail().host.run(
    "sh",
    `${systemd.shell}
${transactionShell([rspamd, postsrsd])}
rspamd_unit=rspamd.service daemon=rspamd
mark=$(log_mark_of rspamd)
${hook}`,
  );
  return stdout + stderr;
}

/** Ends rspamd as a crash does; returns when systemd has started it anew. */
async function crashRspamd(): Promise<void> {
  const mainProcess = async () => (await mail().host.run("systemctl show --property MainPID --value rspamd")).stdout;
  const before = await mainProcess();
  await mail().host.run("systemctl kill --signal=KILL rspamd");
  const another = async () => {
    const now = await mainProcess();
    return (now !== before && now !== "0\n") || undefined;
  };
  await waitUntil(another, { what: "systemd to start rspamd", timeoutMs: 60_000 });
}

/** Has rspamd ask another name server meanwhile. */
async function askingNameServer(address: string, work: () => Promise<void>): Promise<void> {
  const path = "/etc/rspamd/rspamd.conf";
  // A crash, because a reload returns early, and a restart waits for Postfix.
  const inForce = async () => {
    await crashRspamd();
    expect(await complaintsOf("rspamd_probe")).toBe("");
  };
  await mail().host.run(`cp -p ${path} /root && sed -i 's/^  dns {$/&\\n    nameserver = "${address}";/' ${path}`);
  try {
    await inForce();
    await work();
  } finally {
    await mail().host.run(`mv /root/rspamd.conf ${path}`);
    await inForce();
  }
}

/** Puts the configuration on a stage, changes it by a script for sh, and returns what the check says. */
function checkOf(change: string): Promise<string> {
  return complaintsOf(`rm -rf /root/stage && mkdir -p /root/stage/etc && cp -a /etc/rspamd /root/stage/etc
cd /root/stage/etc/rspamd && { ${change}; }
rspamd_check /root/stage
rm -r /root/stage`);
}

/** Submits a message of Alice's with these headers; returns the reply to it. */
async function submitHeaders(headers: string): Promise<string> {
  using smtp = await openSubmissionAs(mail(), "alice@domain.tld");
  return await smtp.sendRaw({ from: "alice@domain.tld", to: stranger, source: `${headers}\r\n\r\ntext` });
}

describe("a message of a user", () => {
  test.each([
    ["alice@domain.tld", "domain.tld"],
    ["dave@domain1.tld", "domain1.tld"],
  ])("of %s is signed by both keys in the domain's name", async (user, domain) => {
    await submit(user, `signed for ${domain}`);
    expect(await signaturesOf(`signed for ${domain}`)).toEqual(both(domain));
  });

  test("is signed where an alias sends it out", async () => {
    await submit("alice@domain.tld", "to an alias", "partners@domain.tld");
    expect(await signaturesOf("to an alias", partner)).toEqual(both("domain.tld"));
  });

  const headers = 'From: "Älice" <alice@domain.tld>\r\nTo: <someone@elsewhere.example>\r\n';
  test.each([
    ["with lines as long as SMTP has them", `${headers}\r\n${"x".repeat(998)}\r\n${"y ".repeat(499)}\r\n`],
    [
      "with letters of 8 bits",
      `${headers}Content-Type: text/plain; charset=utf-8\r\n\r\nGrüße, Ñandú  \t \r\n\r\n\r\n`,
    ],
    [
      "with headers that there may be twice",
      `${headers}Keywords: x\r\nKeywords: x\r\nComments: a\r\nComments: b\r\n\r\ntext\r\n`,
    ],
    [
      "with headers that there may be once only",
      `${headers}Subject: another\r\nSubject: a third\r\nTo: x@y.example\r\nDate: Mon, 5 Jan 2026 00:00:00 +0000\r\nDate: x\r\nMessage-ID: <a@b>\r\nMessage-ID: <c@d>\r\nReply-To: x\r\nReply-To: y\r\nCc: x\r\nCc: y\r\nSender: x\r\nSender: y\r\nReferences: <a@b>\r\nReferences: <c@d>\r\nMIME-Version: 1.0\r\nMIME-Version: 1.0\r\n\r\ntext\r\n`,
    ],
    ["without a body", headers],
    ["with nothing but dots", `${headers}\r\n..\r\n..dot\r\n`],
    ["with folded headers", `${headers}Comments: a\r\n\tb\r\n   c\r\nReply-To: <bob@domain.tld>\r\n\r\ntext\r\n`],
  ])("%s has signatures that hold", async (what, text) => {
    using smtp = await openSubmissionAs(mail(), "alice@domain.tld");
    await smtp.say("MAIL FROM:<alice@domain.tld> BODY=8BITMIME");
    await smtp.say(`RCPT TO:<${stranger}>`);
    await smtp.say("DATA");
    expect(await smtp.sayRaw(`Subject: ${what}\r\n${text}.\r\n`)).toMatch(/^250 /);
    expect(await signaturesOf(what)).toEqual(both("domain.tld"));
  });
});

describe("what the host writes is signed:", () => {
  test("a bounce, in the name of the host", async () => {
    await sendFromOutside(stranger, "to somebody who is gone", "gone@domain.tld");
    expect(await signaturesOf("Undelivered Mail Returned to Sender")).toEqual(both("mail.domain.tld"));
  });

  test("an answer of a Sieve script", async () => {
    await sendFromOutside(stranger, "are you there", "bob@domain.tld");
    expect(await signaturesOf("I am away")).toEqual(both("domain.tld"));
  });

  test("a message of root", async () => {
    await mail().host.run(`printf 'Subject: of root\\n\\ntext\\n' | sendmail ${stranger}`);
    expect(await signaturesOf("of root")).toEqual(both("mail.domain.tld"));
  });
});

test("what a program of the host sends through 25 is not signed", async () => {
  const script = `$smtp = IO::Socket::INET->new('127.0.0.1:25');
for ('', 'EHLO x', 'MAIL FROM:<alice@domain.tld>', 'RCPT TO:<${stranger}>', 'DATA',
     "From: alice\\@domain.tld\\r\\nSubject: through 25\\r\\n\\r\\ntext\\r\\n.") {
  print $smtp "$_\\r\\n" if $_;
  do { $reply = <$smtp> } while $reply =~ /^\\d+-/;
}
print $reply;`;
  expect((await mail().host.run("perl -MIO::Socket::INET", script)).stdout).toMatch(/^250 /);
  expect(await signaturesOf("through 25")).toEqual([]);
});

describe("what comes from elsewhere is not signed, though it says that it is of a user here:", () => {
  test("a message that an alias sends on", async () => {
    await sendFromOutside("alice@domain.tld", "forged, by an alias", "partners@domain.tld");
    expect(await signaturesOf("forged, by an alias", partner)).toEqual([]);
  });

  test.each([
    ["with a sender", "alice@domain.tld"],
    ["without one", ""],
  ])("a message %s that a Sieve script sends on", async (what, sender) => {
    using smtp = await openSmtp(mail());
    await smtp.say(`MAIL FROM:<${sender}>`);
    await smtp.say("RCPT TO:<bob@domain.tld>");
    await smtp.say("DATA");
    const subject = `send on, ${what}`;
    const text = `From: alice@domain.tld\r\nTo: bob@domain.tld\r\nSubject: ${subject}\r\n\r\ntext\r\n.\r\n`;
    expect(await smtp.sayRaw(text)).toMatch(/^250 /);
    expect(await signaturesOf(subject, partner)).toEqual([]);
  });
});

test("a From: elsewhere is not signed, though its user may send as it", async () => {
  const from = `From: alice@${foreignDomain}`;
  expect(await submitHeaders(`${from}\r\nSubject: as another`)).toMatch(/^250 /);
  expect(await signaturesOf("as another")).toEqual([]);
});

describe("From: may be", () => {
  test.each([
    ["an alias that its user may send as", "sales@domain.tld"],
    ["in capital letters, with an extension", "<ALICE+lists@Domain.TLD>"],
    ["behind a name in quotes, with all that quotes hide", '"\u00c4 \\"<bob@domain.tld>,\\" (" <alice@domain.tld>'],
    ["behind the address of another as a name", '"bob@domain.tld" <alice@domain.tld>'],
    ["behind an encoded name", "=?utf-8?Q?=C3=84lice=2C?= J. <alice@domain.tld>"],
    ["beside comments", '(bob@domain.tld ("\\))) alice@domain.tld (A)'],
    ["folded", "Alice\r\n <alice@domain.tld>"],
    ["two addresses of its user", "alice@domain.tld, Sales <sales@domain.tld>"],
  ])("%s", async (what, from) => {
    expect(await submitHeaders(`From: ${from}\r\nSubject: from ${what}`)).toMatch(/^250 /);
  });

  test("missing: it becomes the sender of the envelope", async () => {
    expect(await submitHeaders("Subject: without From")).toMatch(/^250 /);
    expect((await sent("without From", stranger)).header("From")).toBe("alice@domain.tld");
    expect(await signaturesOf("without From")).toEqual(both("domain.tld"));
  });
});

describe("From: is refused", () => {
  const ofBob = "554 5.7.1 From: bob@domain.tld is no address that alice@domain.tld may send as";
  const unclear =
    '554 5.7.1 From: must be in the form "Name" <alice@domain.tld>: others may read another address in this one';
  test.each([
    ["that is another user's", "From: bob@domain.tld", ofBob],
    ["with a name", "From: Alice <bob@domain.tld>", ofBob],
    ["behind the own address as a name", 'From: "alice@domain.tld" <bob@domain.tld>', ofBob],
    ["beside the own address in a comment", "From: bob@domain.tld (alice@domain.tld)", ofBob],
    ["beside the own address", "From: alice@domain.tld, Bob <bob@domain.tld>", ofBob],
    ["behind a quoted backslash", 'From: "alice\\\\" <bob@domain.tld>', ofBob],
    ["with an extension", "From: bob+alice@domain.tld", ofBob.replace("bob", "bob+alice")],
    ["that nobody has", "From: a%b@nowhere.example", ofBob.replace("bob@domain.tld", "a%b@nowhere.example")],
    ["that is a group", "From: Team: bob@domain.tld;", unclear],
    ["that is a group without members", "From: undisclosed:;", unclear],
    ["with a route", "From: <@domain.tld:bob@domain.tld>", unclear],
    ["that is encoded", "From: =?utf-8?Q?bob=40domain.tld?=", unclear],
    ["with an address as a bare name", "From: bob@domain.tld <alice@domain.tld>", unclear],
    ["with quotes that do not end", 'From: "Bob <bob@domain.tld>, <alice@domain.tld>', unclear],
    ["with a comment that does not end", "From: (Bob bob@domain.tld <alice@domain.tld>", unclear],
    ["with a backslash outside of quotes", 'From: \\" <bob@domain.tld>, " <alice@domain.tld>', unclear],
    ["with a quoted local part", 'From: "bob"@domain.tld', unclear],
    ["with nothing in it", "From:", unclear],
    [
      "that there is twice",
      "From: alice@domain.tld\r\nFROM : bob@domain.tld",
      "554 5.7.1 a message has one From:, but this one has 2",
    ],
  ])("%s", async (_what, headers, reply) => {
    expect(await submitHeaders(`${headers}\r\nSubject: refused`)).toBe(reply);
  });

  test("of a message without sender, on 465 too", async () => {
    using smtp = await openSubmissions(mail());
    await smtp.logIn("alice@domain.tld");
    const source = "From: bob@domain.tld\r\nSubject: refused\r\n\r\ntext";
    expect(await smtp.sendRaw({ from: "", to: stranger, source })).toBe(ofBob);
  });

  test("for now where nobody can tell who may send as what", async () => {
    const table = "/etc/postfix/sender_login";
    await mail().host.run(`chmod 0600 ${table}`);
    try {
      expect(await submitHeaders("From: alice@domain.tld")).toMatch(/^451 4\.7\.1 From: could not be checked/);
    } finally {
      await mail().host.run(`chmod 0640 ${table}`);
    }
    expect(await submitHeaders("From: alice@domain.tld")).toMatch(/^250 /);
  });
});

test("what a user sends waits for no DNS: nothing is asked", async () => {
  await submit("alice@domain.tld", "no question");
  await sent("no question", stranger);
  const { stdout } = await mail().host.run("journalctl -q --no-pager -o cat -u rspamd --grep 'user: alice@domain.tld'");
  const counts = [...stdout.matchAll(/dns req: (\d+)/g)].map(([, count]) => count);
  expect(counts.length).toBeGreaterThan(0);
  expect(new Set(counts)).toEqual(new Set(["0"]));
});

test("a resolver that is silent delays nothing of what a user sends", async () => {
  const silent = createSocket("udp4");
  silent.bind(0, mail().lab.gateway);
  await once(silent, "listening");
  try {
    await askingNameServer(`${mail().lab.gateway}:${silent.address().port}`, async () => {
      let questions = 0;
      silent.on("message", () => {
        questions += 1;
      });
      await submit("alice@domain.tld", "silent resolver", "partners@domain.tld");
      expect(await signaturesOf("silent resolver", partner)).toEqual(both("domain.tld"));
      expect(questions).toBe(0);
      // What comes from elsewhere and is sent on is waited for, so this resolver is the one that is asked.
      await sendFromOutside(stranger, "sent on in silence", "partners@domain.tld");
      await sent("sent on in silence", partner);
      expect(questions).toBeGreaterThan(0);
    });
  } finally {
    silent.close();
  }
});

describe("mail of others is sealed", () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = String(privateKey.export({ type: "pkcs8", format: "pem" }));
  const theirKey: DnsRecord = {
    name: dkimRecordName("their", foreignDomain),
    type: "TXT",
    value: dkimRecordText(pem, "rsa"),
    reason: "their own signature",
  };

  const signer = { signingDomain: foreignDomain, selector: "their", privateKey: pem };

  /** A message of theirs, signed by them and sealed by others that have sent it on before. */
  async function theirMessage(subject: string, seals = 0): Promise<string> {
    const source = `From: ${stranger}\r\nTo: <list@${foreignDomain}>\r\nSubject: ${subject}\r\n\r\ntext\r\n`;
    // Its types want the one form, and its code the other.
    const { signatures } = await dkimSign(source, { ...signer, signatureData: [signer] });
    let message = `${signatures}${source}`;
    for (let i = 1; i <= seals; i++) {
      const seal = { ...signer, authResults: `${foreignDomain}; spf=pass`, cv: i === 1 ? "none" : "pass" };
      message = `${await sealMessage(message, seal)}${message}`;
    }
    return message.trimEnd();
  }

  /** Sends it from outside; returns what arrives where it is sent on to, and the verdicts there. */
  async function sendOn(subject: string, source: string, to: string, forwardedTo: string) {
    using smtp = await openSmtp(mail());
    expect(await smtp.sendRaw({ from: stranger, to, source })).toMatch(/^250 /);
    const message = await sent(subject, forwardedTo);
    const records = [...(await recordsToPublish()), theirKey];
    return {
      message,
      seals: await verifySeals(message.source, records),
      signatures: await verifySignatures(message.source, records),
    };
  }

  const theirs = [`pass ${foreignDomain} their rsa-sha256`];

  test.each([
    ["that an alias sends on", "partners@domain.tld", partner],
    ["that an alias of an alias sends on", "indirectly+x@domain.tld", `partner+x@${foreignDomain}`],
    ["that a mailbox forwards", "dave@domain1.tld", `dave@${foreignDomain}`],
  ])("%s, and keeps their signature", async (what, to, forwardedTo) => {
    const subject = `sealed, ${what}`;
    const { message, seals, signatures } = await sendOn(subject, await theirMessage(subject), to, forwardedTo);
    expect({ seals, signatures }).toEqual({ seals: "pass 1", signatures: theirs });
    expect(message.header("ARC-Authentication-Results")).toMatch(/^i=1; mail\.domain\.tld; .*spf=none /);
  });

  test("that others have sealed, and the chain holds; where it is broken, that is sealed", async () => {
    const { lab } = mail();
    const [name, text] = [theirKey.name, theirKey.value.match(/.{1,200}/g)?.join(",")];
    const options = [`txt-record=${name},${text}`, `server=${lab.gateway}`];
    await using _server = await startNameServer(lab.gateway, 5353, options);
    await askingNameServer(`${lab.gateway}:5353`, async () => {
      for (const before of [1, 2]) {
        const subject = `sealed by ${before} others`;
        const source = await theirMessage(subject, before);
        const { message, seals, signatures } = await sendOn(subject, source, "partners@domain.tld", partner);
        // That of rspamd 3.4 would not hold behind two others.
        const seal = ofRelease({ debian13: before + 1, debian12: Math.min(before + 1, 2) });
        expect.soft({ seals, signatures }, subject).toEqual({ seals: `pass ${seal}`, signatures: theirs });
        if (seal === before) continue;
        const results = `i=${seal};\\s+mail\\.domain\\.tld;[\\s\\S]*?\\sdkim=pass [\\s\\S]*?\\sarc=pass `;
        expect.soft(String(message.source)).toMatch(new RegExp(`^ARC-Authentication-Results:\\s+${results}`, "m"));
      }
      const subject = "sealed by others, and changed";
      const source = (await theirMessage(subject, 1)).replace(/text$/, "another text");
      const { message, seals } = await sendOn(subject, source, "partners@domain.tld", partner);
      expect(seals).toMatch(/^fail /);
      expect(String(message.source)).toMatch(/^ARC-Seal:\s+i=2;[^:]*\scv=fail;/m);
    });
  });

  test("not what a Sieve script sends on: it leaves with the signature and the seals that it has come with", async () => {
    const subject = "send on as it came";
    const source = await theirMessage(subject, 1);
    const { message, seals, signatures } = await sendOn(subject, source, "bob@domain.tld", partner);
    expect({ seals, signatures }).toEqual({ seals: "pass 1", signatures: theirs });
    expect(message.header("ARC-Seal")).toContain(`d=${foreignDomain};`);
  });

  test("not what stays here, nor what a user sends to an alias", async () => {
    await sendFromOutside(stranger, "stays here", "alice@domain.tld");
    await using mailbox = await openMailbox(mail(), "alice@domain.tld");
    expect((await mailbox.waitFor("stays here")).header("ARC-Seal")).toBeUndefined();
    await submit("alice@domain.tld", "unsealed", "partners@domain.tld");
    expect((await sent("unsealed", partner)).header("ARC-Seal")).toBeUndefined();
  });
});

describe("the check refuses", () => {
  test.each([
    [
      "an option that is misspelt",
      "sed -i s/sign_local/sign_locl/ rspamd.conf",
      "dkim_signing knows no option sign_locl",
    ],
    ["a rule that is misspelt", "sed -i 's/^local function/locl function/' rules.lua", "rules.lua"],
    ["a key that is missing", "sed -i s/s1.key/s9.key/ rspamd.conf", "/etc/rspamd/dkim/s9.key: there is no such key"],
    [
      "an Ed25519 key in PEM form",
      "openssl genpkey -algorithm ED25519 -out dkim/s1-ed25519.key",
      "/etc/rspamd/dkim/s1-ed25519.key: rspamd can read no such key",
    ],
    ["what is no configuration", "echo '}' >>rspamd.conf", "syntax BAD"],
  ])("%s", async (_what, change, complaint) => {
    expect(await checkOf(change)).toContain(complaint);
  });

  test("nothing of what is in force", async () => {
    expect(await checkOf("true")).toBe("");
  });
});

describe("the probe notices", () => {
  const probe = "rspamd_probe";
  test("nothing where all is right", async () => {
    expect(await complaintsOf(probe)).toBe("");
  });

  test("a key that rspamd cannot read", async () => {
    const key = "/etc/rspamd/dkim/s1-ed25519.key";
    await mail().host.run(`chgrp root ${key}; systemctl reload rspamd`);
    try {
      // A reload returns before the old process is gone, which has the key.
      const complaint = await waitUntil(async () => (await complaintsOf(probe)) || undefined, {
        what: "the complaint of the probe",
        timeoutMs: 60_000,
      });
      expect(complaint).toContain(`by ${key}: _rspamd cannot read it`);
    } finally {
      await mail().host.run(`chgrp _rspamd ${key}; systemctl reload rspamd`);
    }
    expect(await complaintsOf(probe)).toBe("");
  });

  test("a signature by another key", async () => {
    const key = "/etc/rspamd/dkim/s1.key";
    const elsewhere = `rspamd_public_key() { openssl genrsa 2048 2>/dev/null | openssl rsa -pubout; }`;
    expect(await complaintsOf(`${elsewhere}; ${probe}`)).toContain(`is not one by ${key}`);
  });
});

test("while rspamd is down mail is put off and none leaves unsigned, and afterwards all of it leaves signed", async () => {
  const { host, lab } = mail();
  await host.run("systemctl stop rspamd");
  const before = lab.sink.messages().length;
  try {
    using submission = await SmtpConversation.open(mail(), 587);
    await submission.greet();
    expect(await submission.say("STARTTLS")).toMatch(/^454 4\.3\.0 /);
    using submissions = await openSubmissions(mail());
    expect(await submissions.logIn("alice@domain.tld")).toMatch(/^4/);
    expect(await submissions.say("MAIL FROM:<alice@domain.tld>")).toMatch(/^4/);
    await sendFromOutside(stranger, "comes in meanwhile", "partners@domain.tld");
    await host.run(`printf 'Subject: kept meanwhile\\n\\ntext\\n' | sendmail ${stranger}`);
    const refused = /milter-reject: CONNECT from localhost/;
    const log = async () => (await host.run("journalctl -q --no-pager -o cat -t postfix/cleanup -n 20")).stdout;
    await waitUntil(async () => refused.test(await log()) || undefined, { what: "the refusal", timeoutMs: 60_000 });
  } finally {
    await host.run("systemctl start rspamd");
  }
  await sent("comes in meanwhile", partner);
  expect(lab.sink.messages().length).toBe(before + 1);
  expect(await signaturesOf("kept meanwhile")).toEqual(both("mail.domain.tld"));
  await submit("alice@domain.tld", "after the outage");
  expect(await signaturesOf("after the outage")).toEqual(both("domain.tld"));
});

/** Submits a message as a mail program does: as often as it is put off. */
async function submitUntilTaken(subject: string): Promise<void> {
  const attempt = async () => {
    using smtp = await SmtpConversation.open(mail(), 587);
    try {
      await smtp.greet();
      await smtp.startTls();
      const loggedIn = await smtp.logIn("alice@domain.tld");
      if (loggedIn.startsWith("235 ")) {
        const reply = await smtp.send({ from: "alice@domain.tld", to: stranger, subject });
        if (reply.startsWith("250 ")) return true;
        expect(reply).toMatch(/^4/);
      } else {
        expect(loggedIn).toMatch(/^4/);
      }
    } catch (error) {
      if (!/but the server said "4/.test(String(error))) throw error;
    }
    await setTimeout(200);
    return undefined;
  };
  await waitUntil(attempt, { what: "a message to be taken", timeoutMs: 60_000 });
}

test("when rspamd crashes, however often, it comes back, and all that was taken meanwhile leaves once and signed", async () => {
  const { host, lab } = mail();
  const taken: string[] = [];
  let isOver = false;
  const until = async (name: string, send: (subject: string) => Promise<unknown>) => {
    for (let n = 0; !isOver; n++) {
      await send(`${name} ${n}`);
      taken.push(`${name} ${n}`);
    }
  };
  const crashes = async () => {
    using open = await openSubmissionAs(mail(), "alice@domain.tld");
    await open.address({ from: "alice@domain.tld", to: stranger });
    // More often than systemd by itself starts a unit again in ten seconds.
    for (let n = 0; n < 7; n++) await crashRspamd();
    const begun = await open.say("DATA");
    const reply = begun.startsWith("354 ") ? await open.sayRaw("Subject: begun\r\n\r\ntext\r\n.\r\n") : begun;
    expect(reply).toMatch(/^451 4\.7\.1 /);
    const count = taken.length;
    await waitUntil(() => taken.length > count + 6 || undefined, { what: "messages afterwards", timeoutMs: 90_000 });
  };
  const written = (subject: string) => host.run(`printf 'Subject: ${subject}\n\ntext\n' | sendmail ${stranger}`);
  await Promise.all([
    until("crash, one user", submitUntilTaken),
    until("crash, another", submitUntilTaken),
    until("crash, of root", written),
    crashes().finally(() => {
      isOver = true;
    }),
  ]);
  // As Postfix does each minute.
  await host.run("postkick public pickup W");
  for (const subject of taken) await sent(subject, stranger);
  const messages = lab.sink.messages().filter((message) => message.header("Subject")?.startsWith("crash, "));
  expect(messages.map((message) => message.header("Subject")).sort()).toEqual(taken.toSorted());
  const records = await recordsToPublish();
  for (const { source, header } of messages) {
    const domain = header("Subject")?.includes("root") ? "mail.domain.tld" : "domain.tld";
    expect.soft(await verifySignatures(source, records), header("Subject")).toEqual(both(domain));
  }
});

/** What a reload may do to a message, at whatever command: rspamd 3.4 ends its connections. */
const putOff = ofRelease({ debian13: /(?!)/, debian12: /451 4\.7\.1 Service unavailable - try again later/ });

/** Sends messages until the work is done; returns their subjects. */
async function sendingDuring(work: Promise<unknown>, name: string): Promise<string[]> {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  const subjects: string[] = [];
  while (!isDone) {
    // As mail programs do: what is put off is sent again, by another connection.
    using smtp = await openSubmissionAs(mail(), "alice@domain.tld");
    for (let reply = ""; !isDone && !putOff.test(reply); await setTimeout(100)) {
      const subject = `${name} ${subjects.length}`;
      const sending = smtp.send({ from: "alice@domain.tld", to: stranger, subject });
      reply = await sending.catch((error: unknown) => String(error));
      if (putOff.test(reply)) continue;
      expect(reply).toMatch(/^250 /);
      subjects.push(subject);
    }
  }
  await done;
  return subjects;
}

describe("other keys", () => {
  test("sign beside the present ones, then alone, while messages go out; none lacks a good signature", async () => {
    const { deploy, host, lab, preview, project } = mail();
    const old = await recordsToPublish();
    const beside = { ...settings, dkim: { selector: "s2", previous: ["s1"] } };
    await preview(beside);
    const during = await sendingDuring(deploy(beside), "beside");
    await submit("alice@domain.tld", "by both selectors");
    const both = await recordsToPublish();
    expect(both).toEqual(expect.arrayContaining(old));
    expect(await verifySignatures((await sent("by both selectors", stranger)).source, both)).toHaveLength(4);

    const secrets = async () =>
      (await host.run("cat /etc/rspamd/dkim/*.key")).stdout.match(/^[A-Za-z0-9+/=]{43,}$/gm) ?? [];
    const keys = await secrets();
    expect(keys.length).toBeGreaterThan(40);
    const watch = await watchProcesses(host, keys);
    const alone = { ...settings, dkim: { selector: "s2" } };
    const after = await sendingDuring(deploy(alone), "alone");
    expect(await watch.end()).toEqual([]);
    expect(await findSecrets(host, keys)).toEqual([]);
    for (const key of keys) {
      expect(project.state()).not.toContain(key);
      expect(project.output()).not.toContain(key);
    }
    await submit("alice@domain.tld", "by the other selector");
    expect(await signaturesOf("by the other selector")).toEqual([
      "pass domain.tld s2 rsa-sha256",
      "pass domain.tld s2-ed25519 ed25519-sha256",
    ]);

    const subjects = new Set([...during, ...after]);
    await sent(after.at(-1) ?? "", stranger);
    await sent(during.at(-1) ?? "", stranger);
    const messages = lab.sink.messages().filter((message) => subjects.has(message.header("Subject") ?? ""));
    expect(messages).toHaveLength(subjects.size);
    for (const { source, header } of messages) {
      // Whichever of the records DNS has.
      const verdicts = await verifySignatures(source, both);
      expect.soft(verdicts.length, header("Subject")).toBeGreaterThanOrEqual(2);
      expect
        .soft(
          verdicts.filter((verdict) => !verdict.startsWith("pass ")),
          header("Subject"),
        )
        .toEqual([]);
    }
    expect((await host.run("ls /etc/rspamd/dkim")).stdout).toBe("s2-ed25519.key\ns2.key\n");
  });
});

test("where the state is lost, mail is signed by the keys that are in the DNS", async () => {
  const { host, project } = mail();
  const records = await recordsToPublish();
  const files = () => host.run("sha256sum /etc/rspamd/dkim/*.key; systemctl show --property MainPID rspamd");
  const before = await files();
  await project.loseState();
  const { stdout } = await project.preview();
  const shown = [...stdout.matchAll(/^ *name *: "(.*)"\n.*\n *type *: "(.*)"\n *value *: (.*)$/gm)];
  const values = shown.map(([, ...it]) => it);
  expect(values).toContainEqual(["domain.tld", "MX", '"10 mail.domain.tld."']);
  const ofKeys = records.filter(({ name }) => name.endsWith("._domainkey.domain.tld"));
  expect(ofKeys).toHaveLength(2);
  for (const { name, type } of ofKeys) expect(values).toContainEqual([name, type, "[unknown]"]);
  await project.up();
  expect(await recordsToPublish()).toEqual(records);
  expect(await files()).toEqual(before);
});

describe("without DKIM", () => {
  test("From: is checked where that is wanted, and nothing is signed", async () => {
    const { deploy } = mail();
    const { dkim: _, ...without } = settings;
    await deploy({ ...without, postfix: { ...settings.postfix, fromHeader: "reject", srs: true } });
    expect(await submitHeaders("From: bob@domain.tld")).toMatch(/^554 5\.7\.1 From: bob@domain\.tld is no address/);
    await submit("alice@domain.tld", "checked alone");
    expect(await signaturesOf("checked alone")).toEqual([]);
    expect(await complaintsOf("rspamd_probe")).toBe("");
  });
});

describe("SRS gives", () => {
  test("mail of others a sender of this host, by which a bounce comes back to them", async () => {
    await sendFromOutside(stranger, "by SRS", "partners@domain.tld");
    const { from } = await sent("by SRS", partner);
    expect(from).toMatch(/^SRS0=[^@]+=elsewhere\.example=someone@mail\.domain\.tld$/);
    using smtp = await openSmtp(mail());
    expect(await smtp.send({ from: "", to: from, subject: "back by SRS" })).toMatch(/^250 /);
    expect(await sent("back by SRS", stranger)).toMatchObject({ from: "" });
  });

  test("nobody a way to send on who makes up such an address", async () => {
    using smtp = await openSmtp(mail());
    await smtp.say("MAIL FROM:<>");
    expect(await smtp.say(`RCPT TO:<SRS0=AAAA=AA=${foreignDomain}=victim@mail.domain.tld>`)).toMatch(/^550 5\.1\.1 /);
  });

  test.each(["alice@domain.tld", "dave@domain1.tld"])("%s no other sender", async (user) => {
    await submit(user, `own sender ${user}`, "partners@domain.tld");
    expect((await sent(`own sender ${user}`, partner)).from).toBe(user);
  });

  test("its probe something to notice: one that does not answer", async () => {
    const { host } = mail();
    await host.run("systemctl stop postsrsd");
    try {
      expect(await complaintsOf("postsrsd_probe_listeners 127.0.0.1:10001")).toBe(
        "postsrsd does not listen on 127.0.0.1:10001\n",
      );
    } finally {
      await host.run("systemctl start postsrsd");
    }
    expect(await complaintsOf("postsrsd_unit=postsrsd.service; postsrsd_probe 127.0.0.1:10001 127.0.0.1:10002")).toBe(
      "",
    );
  });
});

test("a host that signs no more leaves Postfix as it was, and rspamd stopped", async () => {
  const { deploy, host } = mail();
  const { dkim: _, ...without } = settings;
  await deploy(without);
  expect((await host.run("postconf -nh non_smtpd_milters; ls /etc/rspamd/dkim")).stdout).toBe("");
  // The package came with us, and enables it.
  for (const unit of ["rspamd", "postsrsd"]) {
    const { stdout } = await host.run(`systemctl is-active ${unit}; systemctl is-enabled ${unit}`);
    expect(stdout, unit).toBe("inactive\ndisabled\n");
  }
  expect(await submitHeaders("From: bob@domain.tld\r\nSubject: as bob")).toMatch(/^250 /);
  await submit("alice@domain.tld", "unsigned");
  expect(await signaturesOf("unsigned")).toEqual([]);
});

test("Postfix and Dovecot have nothing to complain of", async () => {
  const provoked = [
    // Of the crashes.
    /^postfix\/(?:[a-z]+\/)?(?:smtpd|cleanup): warning: milter unix:rspamd\/milter\.sock: (?:can't |error writing command: )/,
    /^postfix\/(?:[a-z]+\/)?(?:smtpd|cleanup): warning: connect to Milter service unix:rspamd\/milter\.sock: (?:Connection refused|No such file)/,
    // See putOff.
    ...ofRelease({
      debian13: [],
      debian12: [
        /^postfix\/submission\/(?:smtpd|cleanup): warning: milter unix:rspamd\/milter\.sock: (?:can't read .* reply packet header|error writing command): /,
      ],
    }),
  ];
  expect(await complaints(mail().host, provoked)).toEqual([]);
});

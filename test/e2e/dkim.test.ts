import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { DnsRecord } from "../../components/index.ts";
import { systemd } from "../../provider/machine/systemd.ts";
import { transactionShell } from "../../provider/transaction/shell.ts";
import { rspamd } from "../../shared/daemons/rspamd/rspamd.ts";
import { foreignDomain } from "../../tools/testhost/dns.ts";
import type { SinkMessage } from "../../tools/testhost/sink.ts";
import { waitUntil } from "../../tools/testhost/waiting.ts";
import { useDeployedHost } from "../helpers/deployedHost.ts";
import { complaints } from "../helpers/hostJournal.ts";
import { ofRelease } from "../helpers/release.ts";
import { findSecrets, watchProcesses } from "../helpers/secretSearch.ts";
import { verifySignatures } from "../helpers/signatures.ts";
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
      mailboxes: { alice: {}, bob: { sieve: script } },
      aliases: { partners: [partner], gone: [`refused@${foreignDomain}`] },
    },
    "domain1.tld": { mailboxes: { dave: {} } },
  },
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
${transactionShell([rspamd])}
rspamd_unit=rspamd.service daemon=rspamd
mark=$(log_mark_of rspamd)
${hook}`,
  );
  return stdout + stderr;
}

/** Puts the configuration on a stage, changes it by a script for sh, and returns what the check says. */
function checkOf(change: string): Promise<string> {
  return complaintsOf(`rm -rf /root/stage && mkdir -p /root/stage/etc && cp -a /etc/rspamd /root/stage/etc
cd /root/stage/etc/rspamd && { ${change}; }
rspamd_check /root/stage
rm -r /root/stage`);
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

test("a From: of another domain than the envelope's is not signed", async () => {
  using smtp = await openSubmissionAs(mail(), "alice@domain.tld");
  await smtp.say("MAIL FROM:<alice@domain.tld>");
  await smtp.say(`RCPT TO:<${stranger}>`);
  await smtp.say("DATA");
  const text = "From: <dave@domain1.tld>\r\nSubject: as dave\r\n\r\ntext\r\n.\r\n";
  expect(await smtp.sayRaw(text)).toMatch(/^250 /);
  expect(await signaturesOf("as dave")).toEqual([]);
});

describe("the check refuses", () => {
  test.each([
    [
      "an option that is misspelt",
      "sed -i s/sign_local/sign_locl/ rspamd.conf",
      "dkim_signing knows no option sign_locl",
    ],
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
    await host.run(`printf 'Subject: kept meanwhile\\n\\ntext\\n' | sendmail ${stranger}`);
    const refused = /milter-reject: CONNECT from localhost/;
    const log = async () => (await host.run("journalctl -q --no-pager -o cat -t postfix/cleanup -n 20")).stdout;
    await waitUntil(async () => refused.test(await log()) || undefined, { what: "the refusal", timeoutMs: 60_000 });
  } finally {
    await host.run("systemctl start rspamd");
  }
  expect(lab.sink.messages().length).toBe(before);
  expect(await signaturesOf("kept meanwhile")).toEqual(both("mail.domain.tld"));
  await submit("alice@domain.tld", "after the outage");
  expect(await signaturesOf("after the outage")).toEqual(both("domain.tld"));
});

/** What a reload may do to a message: rspamd 3.4 ends its connections, and the message is sent again. */
const putOff = ofRelease({ debian13: /^$/, debian12: /^451 4\.7\.1 Service unavailable - try again later$/ });

/** Sends messages until the work is done; returns their subjects. */
async function sendingDuring(work: Promise<unknown>, name: string): Promise<string[]> {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  const subjects: string[] = [];
  using smtp = await openSubmissionAs(mail(), "alice@domain.tld");
  while (!isDone) {
    const subject = `${name} ${subjects.length}`;
    const reply = await smtp.send({ from: "alice@domain.tld", to: stranger, subject });
    if (putOff.test(reply)) continue;
    expect(reply).toMatch(/^250 /);
    subjects.push(subject);
    await setTimeout(100);
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
  await project.up();
  expect(await recordsToPublish()).toEqual(records);
  expect(await files()).toEqual(before);
});

test("a host that signs no more leaves Postfix as it was, and rspamd stopped", async () => {
  const { deploy, host } = mail();
  const { dkim: _, ...without } = settings;
  await deploy(without);
  expect((await host.run("postconf -nh non_smtpd_milters; ls /etc/rspamd/dkim")).stdout).toBe("");
  // The package came with us, and enables it.
  expect((await host.run("systemctl is-active rspamd; systemctl is-enabled rspamd")).stdout).toBe(
    "inactive\ndisabled\n",
  );
  await submit("alice@domain.tld", "unsigned");
  expect(await signaturesOf("unsigned")).toEqual([]);
});

test("Postfix and Dovecot have nothing to complain of", async () => {
  const provoked = [
    /^postfix\/(?:[a-z]+\/)?(?:smtpd|cleanup): warning: connect to Milter service unix:rspamd\/milter\.sock: (?:Connection refused|No such file)/,
    // See putOff.
    ...ofRelease({
      debian13: [],
      debian12: [
        /^postfix\/submission\/cleanup: warning: milter unix:rspamd\/milter\.sock: can't read .* reply packet header: /,
      ],
    }),
  ];
  expect(await complaints(mail().host, provoked)).toEqual([]);
});

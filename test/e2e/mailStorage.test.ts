import { beforeAll, describe, expect, test } from "vitest";
import { foreignDomain } from "../../tools/testhost/dns.ts";
import { addressesOf, postmaster, useDeployedHost } from "../helpers/deployedHost.ts";
import { complaints, dovecotReload } from "../helpers/hostJournal.ts";
import { openImapAs } from "../helpers/imapConversation.ts";
import { openMailbox } from "../helpers/mailbox.ts";
import { ofRelease } from "../helpers/release.ts";
import { openSmtp } from "../helpers/smtpConversation.ts";

const sieve = `require ["fileinto", "reject"];
if header "Subject" "listed" { fileinto "Lists/New"; }
if header "Subject" "unwanted" { reject "not here"; }
`;
const domains = {
  "domain.tld": { mailboxes: { alice: { sieve }, mia: { format: "mdbox" } } },
  "domain1.tld": { mailboxes: { dave: {}, max: { format: "maildir" } } },
};
const settings = { publicFolders: { folders: ["Announcements"] }, domains };
const mail = useDeployedHost(settings);

/** Mode, owner and name of everything that `find` finds with these arguments. */
async function attributesOf(...find: string[]): Promise<string[]> {
  const { code, stdout } = await mail().host.run(
    `cd /var/vmail && found=$(find ${find.join(" ")} -printf '%M %u %g %p\\n') && printf '%s' "$found" | sort -k 4`,
  );
  expect(code).toBe(0);
  return stdout.trim().split("\n");
}

/** Delivers a message to each user, who reads it and looks into the public folder. */
async function deliverTo(users: readonly string[], subject: string): Promise<void> {
  for (const user of users) {
    using smtp = await openSmtp(mail());
    expect(await smtp.send({ from: `stranger@${foreignDomain}`, to: user, subject })).toMatch(/^250 /);
    await using mailbox = await openMailbox(mail(), user);
    await mailbox.waitFor(subject);
    using imap = await openImapAs(mail(), user);
    expect(await imap.say("SELECT Public/Announcements")).toMatch(/^OK /m);
  }
}

describe("on the disk", () => {
  beforeAll(async () => {
    await deliverTo(addressesOf(domains), "first");
  });

  test("a home holds Sieve script, mail and the index of public folders, for vmail alone", async () => {
    expect(await attributesOf("domain.tld/alice -maxdepth 1")).toEqual([
      "drwx--S--- vmail vmail domain.tld/alice",
      "-rw------- vmail vmail domain.tld/alice/.dovecot.sieve",
      "-rw------- vmail vmail domain.tld/alice/.dovecot.svbin",
      "drwx--S--- vmail vmail domain.tld/alice/maildir",
      "drwx--S--- vmail vmail domain.tld/alice/public",
      "drwx--S--- vmail vmail domain.tld/alice/public-pvt",
    ]);
  });

  test("nothing below the mail root can be read by others", async () => {
    const readable = ". -mindepth 1 -perm /o+rwx ! -name 'dovecot-uidvalidity.*'";
    expect(await attributesOf(readable)).toEqual([""]);
    // What can be read is found.
    await mail().host.run("install -m 604 -o vmail -g vmail /dev/null /var/vmail/domain.tld/alice/open");
    expect(await attributesOf(readable)).toEqual(["-rw----r-- vmail vmail ./domain.tld/alice/open"]);
    await mail().host.run("rm /var/vmail/domain.tld/alice/open");
  });

  test("log-in data are doveauth's and rights are vmail's, by domain, and nobody writes there", async () => {
    expect(await attributesOf("auth.d conf.d")).toEqual([
      "dr-x------ doveauth dovecot auth.d",
      "dr-x------ doveauth dovecot auth.d/domain.tld",
      "-r-------- doveauth dovecot auth.d/domain.tld/passwd",
      "dr-x------ doveauth dovecot auth.d/domain1.tld",
      "-r-------- doveauth dovecot auth.d/domain1.tld/passwd",
      "dr-x------ vmail vmail conf.d",
      "dr-x------ vmail vmail conf.d/domain.tld",
      "-r-------- vmail vmail conf.d/domain.tld/acls",
      "dr-x------ vmail vmail conf.d/domain1.tld",
      "-r-------- vmail vmail conf.d/domain1.tld/acls",
    ]);
  });

  test("a passwd file has a line for each address, with uid, gid, home and what is the user's own", async () => {
    const format = ofRelease({
      debian13: "userdb_mail_driver=mdbox userdb_mail_path=~/mdbox",
      debian12: "userdb_mail=mdbox:~/mdbox",
    });
    const { stdout } = await mail().host.run("sed 's/:{[^:]*:/:HASH:/' /var/vmail/auth.d/domain.tld/passwd");
    expect(stdout).toBe(
      "alice@domain.tld:HASH:5000:5000::/var/vmail/domain.tld/alice\n" +
        `mia@domain.tld:HASH:5000:5000::/var/vmail/domain.tld/mia::${format}\n`,
    );
  });

  test("Postfix alone may read its tables and use the sockets of Dovecot", async () => {
    const tables = "/etc/postfix/vmailbox* /etc/postfix/virtual* /etc/postfix/sender_login*";
    const sockets = ["auth", "dovecot-lmtp", "quota-status"].map((name) => `/var/spool/postfix/private/${name}`);
    const { stdout } = await mail().host.run(
      `stat -c '%U:%G %a' ${tables} | sort | uniq -c; stat -c '%U:%G %a' ${sockets.join(" ")}`,
    );
    expect(stdout.trim().split(/\s*\n\s*/)).toEqual([
      "6 root:postfix 640",
      ...sockets.map(() => "postfix:postfix 660"),
    ]);
  });
});

test("a folder that a Sieve script names is made, and listed with / between its names", async () => {
  using smtp = await openSmtp(mail());
  const from = `stranger@${foreignDomain}`;
  expect(await smtp.send({ from, to: "alice@domain.tld", subject: "listed" })).toMatch(/^250 /);
  using imap = await openImapAs(mail(), "alice@domain.tld");
  await expect.poll(() => imap.say("STATUS Lists/New (MESSAGES)"), { timeout: 20_000 }).toContain("(MESSAGES 1)");
});

test("what a Sieve script rejects comes back from the postmaster", async () => {
  const sender = `stranger@${foreignDomain}`;
  using smtp = await openSmtp(mail());
  expect(await smtp.send({ from: sender, to: "alice@domain.tld", subject: "unwanted" })).toMatch(/^250 /);
  const rejection = await mail().lab.sink.waitForMessage((message) => message.source.includes("not here"));
  expect(rejection).toMatchObject({ from: "", to: [sender] });
  expect(rejection.header("From")).toBe(`Postmaster <${postmaster}>`);
});

describe("the format of a mailbox", () => {
  /** What there is of mail in a home. */
  async function mailIn(home: string): Promise<string[]> {
    const { stdout } = await mail().host.run(
      `cd /var/vmail/${home} && ls -d maildir/cur mdbox/storage/m.* 2>/dev/null`,
    );
    return stdout.trim().split("\n");
  }

  test("is Maildir, and of one user mdbox", async () => {
    expect(await mailIn("domain.tld/alice")).toEqual(["maildir/cur"]);
    expect(await mailIn("domain.tld/mia")).toEqual(["mdbox/storage/m.1"]);
  });

  test("is mdbox for the whole host, and of one user Maildir", async () => {
    const format = "maildir";
    await mail().deploy({
      ...settings,
      mail: { format: "mdbox" },
      domains: {
        "domain.tld": { mailboxes: { alice: { sieve, format }, mia: { format: "mdbox" } } },
        "domain1.tld": { mailboxes: { dave: { format }, max: { format } } },
        "domain2.tld": { mailboxes: { erin: {}, emil: { format } } },
      },
    });
    await deliverTo(["erin@domain2.tld", "emil@domain2.tld", "max@domain1.tld"], "second");
    expect(await mailIn("domain2.tld/erin")).toEqual(["mdbox/storage/m.1"]);
    expect(await mailIn("domain2.tld/emil")).toEqual(["maildir/cur"]);
    await using mailbox = await openMailbox(mail(), "max@domain1.tld");
    expect(await mailbox.subjects()).toEqual(["first", "second"]);
  });
});

test("the daemons have nothing to complain of", async () => {
  const provoked = [dovecotReload];
  expect(await complaints(mail().host, provoked)).toEqual([]);
});

import { describe, expect, test } from "vitest";
import { foreignDomain } from "../../tools/testhost/dns.ts";
import { type MailHostSettings, useDeployedHost } from "../helpers/deployedHost.ts";
import { activationsSince, complaints, dovecotReload, journalCursor } from "../helpers/hostJournal.ts";
import { openImapAs } from "../helpers/imapConversation.ts";
import { openMailbox } from "../helpers/mailbox.ts";
import { ofRelease } from "../helpers/release.ts";
import { openSmtp } from "../helpers/smtpConversation.ts";

const mail = useDeployedHost(settings({ alice: {}, bob: { format: "mdbox" }, carol: {} }));

function settings(mailboxes: Readonly<Record<string, object>>, format = "maildir"): MailHostSettings {
  return { mail: { format }, domains: { "domain.tld": { mailboxes } } };
}

async function deliver(user: string, subject: string): Promise<void> {
  using smtp = await openSmtp(mail());
  const to = `${user}@domain.tld`;
  expect(await smtp.send({ from: `stranger@${foreignDomain}`, to, subject })).toMatch(/^250 /);
  await using mailbox = await openMailbox(mail(), to);
  await mailbox.waitFor(subject);
}

/** What a preview is refused with. */
async function refusal(settings: MailHostSettings): Promise<string> {
  return String(
    await mail()
      .preview(settings)
      .catch((error: unknown) => error),
  );
}

describe("a format that would hide mail is refused at preview,", () => {
  test("for all mailboxes", async () => {
    await deliver("alice", "for alice");
    await deliver("bob", "for bob");
    const cursor = await journalCursor(mail().host);
    const message = await refusal(settings({ alice: {}, bob: { format: "mdbox" }, carol: {} }, "mdbox"));
    expect(message).toContain(
      'mailhost:mail.format: cannot be "mdbox" while there is mail as maildir, which would be out of sight, in /var/vmail/domain.tld/alice. Go back to "maildir"',
    );
    expect(await activationsSince(mail().host, cursor)).toBe(0);
  });

  test("and for one", async () => {
    const message = await refusal(settings({ alice: { format: "mdbox" }, bob: {}, carol: {} }));
    expect(message).toContain('mailhost:domains["domain.tld"].mailboxes.alice.format: cannot be "mdbox"');
    expect(message).toContain('mailhost:domains["domain.tld"].mailboxes.bob.format: cannot be "maildir"');
  });
});

test("a mailbox without mail may have another format, and all others keep theirs", async () => {
  await mail().deploy(settings({ alice: { format: "maildir" }, bob: {}, carol: {} }, "mdbox"));
  await deliver("carol", "for carol");
  const { stdout } = await mail().host.run("cd /var/vmail/domain.tld && ls -d */maildir */mdbox");
  expect(stdout.split("\n")).toEqual(expect.arrayContaining(["alice/maildir", "bob/mdbox", "carol/mdbox"]));
  await using mailbox = await openMailbox(mail(), "alice@domain.tld");
  expect(await mailbox.subjects()).toEqual(["for alice"]);
});

test("mail that was converted as docs/mail-format.md says is all there", async () => {
  const home = "/var/vmail/domain.tld/alice";
  {
    using imap = await openImapAs(mail(), "alice@domain.tld");
    await imap.say("SELECT INBOX");
    await imap.say("STORE 1 +FLAGS (\\Flagged)");
  }
  const personalScript = ofRelease({ debian13: "sieve_script/personal/path", debian12: "plugin/sieve" });
  const convert = [
    "systemctl stop postfix",
    `runuser -u vmail -- sh -c 'echo keep\\; >${home}/.dovecot.sieve'`,
    `doveadm -o ${personalScript}=~/mdbox/storage/none sync -1 -u alice@domain.tld mdbox:~/mdbox`,
    `mv ${home}/maildir ${home}/maildir.old`,
  ];
  expect(await mail().host.run(convert.join(" && "))).toMatchObject({ code: 0, stderr: "" });
  await mail().deploy(settings({ alice: {}, bob: {}, carol: {} }, "mdbox"));
  await deliver("alice", "after the conversion");
  using imap = await openImapAs(mail(), "alice@domain.tld");
  await imap.say("SELECT INBOX");
  expect(await imap.say("FETCH 1:* (UID FLAGS)")).toMatch(/^\* 1 FETCH \(UID 1 FLAGS \([^)]*\\Flagged.*\n\* 2 FETCH/);
  const { stdout } = await mail().host.run(`cat ${home}/.dovecot.sieve`);
  expect(stdout).toBe("keep;\n");
});

test("the daemons have nothing to complain of", async () => {
  const provoked = [dovecotReload];
  expect(await complaints(mail().host, provoked)).toEqual([]);
});

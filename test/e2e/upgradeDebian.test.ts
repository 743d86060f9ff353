import { expect, test } from "vitest";
import { upgradeDebian } from "../../tools/testhost/debianUpgrade.ts";
import { foreignDomain } from "../../tools/testhost/dns.ts";
import { waitUntil } from "../../tools/testhost/waiting.ts";
import { type DeployedHost, useDeployedHost } from "../helpers/deployedHost.ts";
import { type ImapConversation, openImapAs } from "../helpers/imapConversation.ts";
import { openMailbox } from "../helpers/mailbox.ts";
import { failure } from "../helpers/providerStack.ts";
import { openSmtp } from "../helpers/smtpConversation.ts";

/** Debian's upgrade fetches and installs some hundred packages, which alone may take as long as other tests in all. */
const timeout = 1_800_000;
const stranger = `stranger@${foreignDomain}`;
const script = 'require ["fileinto"];\nif header :contains "subject" "[list]" { fileinto "Lists"; }\n';
const before = {
  release: "debian12",
  publicFolders: { folders: ["News"] },
  domains: {
    "domain.tld": {
      mailboxes: {
        alice: { sieve: script, aclGroups: ["PublicMailboxAdmins"] },
        bob: { format: "mdbox", quota: "3M" },
        carol: {},
      },
      aliases: { info: ["bob"] },
    },
  },
} as const;
const after = { ...before, release: "debian13" } as const;
const mail = useDeployedHost(before, { release: "debian12" });

/** A host of somebody who upgrades Debian and thinks of the mail afterwards. */
const unprepared = useDeployedHost(before, { release: "debian12" });

const users = ["alice@domain.tld", "bob@domain.tld"];

/** Stores a message of that subject. */
function append(imap: ImapConversation, folder: string, flags: string, subject: string): Promise<string> {
  const source = `Subject: ${subject}\r\n\r\nHello\r\n`;
  return imap.say(`APPEND ${folder} (${flags}) {${source.length}+}\r\n${source}`);
}

/** Flags and subject of each message of a folder, one a line. */
async function messagesIn(imap: ImapConversation, folder: string): Promise<string[]> {
  await imap.say(`EXAMINE ${folder}`);
  const answer = await imap.say("FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])");
  return [...answer.matchAll(/FETCH \(FLAGS \(([^)]*)\).*?Subject: ([^\r\n]*)/gs)].map(
    ([, flags = "", subject]) => `${flags.replace("\\Recent", "").trim()} ${subject}`,
  );
}

/** An answer without its last line, which tells how long it took. */
function untagged(answer: string): string[] {
  return answer.match(/^\* .*$/gm) ?? [];
}

/** All that a user has, but for mail that is still on its way. */
async function belongings(user: string, host = mail()) {
  using imap = await openImapAs(host, user);
  return {
    inbox: await messagesIn(imap, "INBOX"),
    archive: await messagesIn(imap, "Archive"),
    news: await messagesIn(imap, "Public/News"),
    subscriptions: untagged(await imap.say('LSUB "" *')),
    rights: untagged(await imap.say("MYRIGHTS Public/News")),
    quota: (await imap.say("GETQUOTAROOT INBOX")).match(/STORAGE \d+ \d+/)?.[0].split(" ")[2],
  };
}

/** Sends a message to a user, as any mail server does, and says whether the host took it. */
async function offer(to: string, subject: string, host = mail()): Promise<"taken" | "put off"> {
  try {
    using smtp = await openSmtp(host);
    const reply = await smtp.send({ from: stranger, to, subject });
    expect(reply).toMatch(/^[24]/);
    return reply.startsWith("2") ? "taken" : "put off";
  } catch (error) {
    // A server that says "not now", or does not answer, is asked again.
    expect(String(error)).not.toMatch(/said "5/);
    return "put off";
  }
}

const needsDebian13 =
  /runs Debian GNU\/Linux 13 \(trixie\), but mailhost:release says debian12\. Set mailhost:release to debian13 and deploy: .*The first setting must be dovecot_config_version/;

/** The old tables are gone, and there is nothing more to do. */
async function expectAllDone({ host, preview }: DeployedHost): Promise<void> {
  expect((await host.run("ls /etc/postfix | grep '[.]db$'; dpkg --audit")).stdout).toBe("");
  expect((await preview(after)).changeSummary).toEqual({ same: expect.any(Number) });
}

test.concurrent("a host that Debian's own upgrade has been run on is brought back by one deployment, with all that was there", {
  timeout,
}, async () => {
  const { host, preview, deploy } = mail();
  for (const user of users) {
    using imap = await openImapAs(mail(), user);
    for (let number = 0; number < 100; number++) {
      const flags = ["", "\\Seen", "\\Seen \\Answered", "\\Flagged $Later"][number % 4] ?? "";
      expect(await append(imap, number < 80 ? "INBOX" : "Archive", flags, `message ${number}`)).toMatch(/^OK/m);
    }
  }
  {
    using alice = await openImapAs(mail(), "alice@domain.tld");
    expect(await append(alice, "Public/News", "", "the news")).toMatch(/^OK/m);
    using bob = await openImapAs(mail(), "bob@domain.tld");
    await bob.say("SELECT Public/News");
    expect(await bob.say("STORE 1 +FLAGS (\\Seen)")).toMatch(/^OK/m);
    expect(await bob.say("SUBSCRIBE Public/News")).toMatch(/^OK/m);
  }
  const present = await Promise.all(users.map((user) => belongings(user)));
  expect(present.map(({ inbox, archive }) => inbox.length + archive.length)).toEqual([100, 100]);
  expect(present.map(({ news }) => news)).toEqual([[" the news"], ["\\Seen the news"]]);
  expect(present.map(({ quota }) => quota)).toEqual(["1048576", "3072"]);

  // What the upgrade is going to change is told before it.
  await preview(after);
  const told = mail().project.output();
  expect(told).toContain("runs Debian GNU/Linux 12 (bookworm), but mailhost:release says debian13: nothing is changed");
  for (const change of [
    /\+ postfix-lmdb/,
    /dovecot-core *: "1:2\.3\.\*" => "1:2\.4\.\*"/,
    /mapType *: "hash" => "lmdb"/,
    /- .*userdb_quota_rule=\*:storage=3M/,
    /\+ .*userdb_quota_storage_size=3M/,
    /\+ dovecot_config_version = 2\.4\.1/,
    /\+ ExecStart=-postfix check/,
  ]) {
    expect(told).toMatch(change);
  }
  expect(await failure(deploy(after))).toContain("nothing is changed before the host is upgraded");

  expect(await host.run("systemctl mask --now dovecot")).toMatchObject({ code: 0 });
  expect(await offer("carol@domain.tld", "in the queue")).toBe("taken");
  const upgrade = await upgradeDebian(host);
  expect(upgrade.code, (upgrade.stdout + upgrade.stderr).slice(-4000)).toBe(0);
  await host.reboot();
  expect(await host.run("systemctl unmask dovecot")).toMatchObject({ code: 0 });
  const meanwhile = await offer("carol@domain.tld", "meanwhile");

  expect(await failure(preview(before))).toMatch(needsDebian13);
  await deploy(after);

  expect(await Promise.all(users.map((user) => belongings(user)))).toEqual(present);
  await host.run("postqueue -f");
  await using carol = await openMailbox(mail(), "carol@domain.tld");
  await carol.waitFor("in the queue");
  if (meanwhile === "taken") await carol.waitFor("meanwhile");
  expect(await offer("alice@domain.tld", "[list] after it")).toBe("taken");
  await waitUntil(
    async () => {
      using alice = await openImapAs(mail(), "alice@domain.tld");
      return (await messagesIn(alice, "Lists")).length === 1 ? true : undefined;
    },
    { what: "the message that the script files", timeoutMs: 60_000 },
  );
  await expectAllDone(mail());
});

test.concurrent("a host that Debian was upgraded on before anything else is brought back by one deployment too", {
  timeout,
}, async () => {
  const { host, preview, deploy } = unprepared();
  {
    using imap = await openImapAs(unprepared(), "bob@domain.tld");
    expect(await append(imap, "INBOX", "\\Flagged", "before it")).toMatch(/^OK/m);
  }
  const present = await belongings("bob@domain.tld", unprepared());
  expect(present.inbox).toEqual(["\\Flagged before it"]);

  const upgrade = await upgradeDebian(host);
  expect(upgrade.code).not.toBe(0);
  expect(upgrade.stdout + upgrade.stderr).toContain("dovecot-core");
  const log = await host.run("systemctl is-active dovecot; journalctl --quiet --output=cat --identifier=dovecot");
  expect(log.stdout).toMatch(/^(?:failed|activating)\n/);
  expect(log.stdout).toContain("The first setting must be dovecot_config_version");

  expect(await failure(preview(before))).toMatch(needsDebian13);
  await deploy(after);

  expect(await belongings("bob@domain.tld", unprepared())).toEqual(present);
  expect(await offer("carol@domain.tld", "after it", unprepared())).toBe("taken");
  await using carol = await openMailbox(unprepared(), "carol@domain.tld");
  await carol.waitFor("after it");
  await expectAllDone(unprepared());
});

import { beforeAll, describe, expect, test } from "vitest";
import { connect } from "../../provider/connection/connect.ts";
import { systemd } from "../../provider/machine/systemd.ts";
import { askHost } from "../../tools/status/hostStatus.ts";
import { foreignDomain } from "../../tools/testhost/dns.ts";
import { waitUntil } from "../../tools/testhost/waiting.ts";
import { type MailHostSettings, useDeployedHost } from "../helpers/deployedHost.ts";
import { complaints } from "../helpers/hostJournal.ts";
import { openImapAs } from "../helpers/imapConversation.ts";
import { release } from "../helpers/release.ts";
import { openSmtp } from "../helpers/smtpConversation.ts";

const stranger = `stranger@${foreignDomain}`;
const fileInto = (folder: string): string => `require "fileinto";\nfileinto "${folder}";\n`;

function settings(scripts: Readonly<Record<string, string>>): MailHostSettings {
  const users = ["alice", "bob", "carol", "dave", "eve", "frank", "grace", "heidi"];
  const mailboxes = users.map((user) => [user, scripts[user] === undefined ? {} : { sieve: scripts[user] }]);
  return {
    publicFolders: { folders: ["Announcements"] },
    domains: { "domain.tld": { mailboxes: Object.fromEntries(mailboxes) } },
  };
}

const scripts = {
  alice: fileInto("Lists"),
  carol: `redirect "collector@${foreignDomain}";\n`,
  dave: 'require "vacation";\nvacation :subject "I am away" "Back on Monday.";\n',
  frank: fileInto("Public/Announcements"),
  grace: fileInto("Public/New"),
  heidi: Array.from({ length: 40 }, (_, number) => `redirect "heidi${number}@${foreignDomain}";\n`).join(""),
};
const mail = useDeployedHost(settings(scripts));

/** Sends a message from elsewhere. */
async function send(user: string, subject: string): Promise<void> {
  using smtp = await openSmtp(mail());
  expect(await smtp.send({ from: stranger, to: `${user}@domain.tld`, subject })).toMatch(/^250 /);
}

/** The folder that a message is found in, which is waited for. */
async function folderOf(user: string, subject: string): Promise<string> {
  using imap = await openImapAs(mail(), `${user}@domain.tld`);
  const find = async (): Promise<string | undefined> => {
    const listed = await imap.say('LIST "" "*"');
    for (const [, folder] of listed.matchAll(/"\/" "?([^"\n]+?)"?$/gm)) {
      await imap.say(`EXAMINE "${folder}"`);
      if (/^\* SEARCH \d/m.test(await imap.say(`SEARCH SUBJECT "${subject}"`))) return folder;
    }
    return undefined;
  };
  return await waitUntil(find, { what: `"${subject}" for ${user}`, timeoutMs: 20_000 });
}

/** Writes a user's script as he would. */
async function writeOwnScript(user: string, script: string): Promise<void> {
  const home = `/var/vmail/domain.tld/${user}`;
  const write = `umask 077 && mkdir -p ${home} && cat >${home}/.dovecot.sieve`;
  expect(await mail().host.run(`setpriv --reuid=vmail --regid=vmail --clear-groups sh -c '${write}'`, script)).toEqual({
    code: 0,
    stdout: "",
    stderr: "",
  });
}

async function filesOf(user: string): Promise<string> {
  const { stdout } = await mail().host.run(
    `cd /var/vmail/domain.tld/${user} && stat -c '%n %U:%G %a' .dovecot.s* 2>/dev/null || true`,
  );
  return stdout;
}

describe("a managed script", () => {
  test("files mail into a folder, which is made for it", async () => {
    await send("alice", "for a list");
    expect(await folderOf("alice", "for a list")).toBe("Lists");
  });

  test("is its user's alone, compiled too", async () => {
    expect(await filesOf("alice")).toBe(".dovecot.sieve vmail:vmail 600\n.dovecot.svbin vmail:vmail 600\n");
  });

  test("sends mail on", async () => {
    await send("carol", "to be sent on");
    const { to } = await mail().lab.sink.waitForMessage((message) => message.header("Subject") === "to be sent on");
    expect(to).toEqual([`collector@${foreignDomain}`]);
  });

  test("sends mail on to as many as it names", async () => {
    await send("heidi", "for many");
    const receivers = (): string[] =>
      mail()
        .lab.sink.messages()
        .flatMap((message) => (message.header("Subject") === "for many" ? message.to : []));
    const all = (): true | undefined => (new Set(receivers()).size === 40 ? true : undefined);
    await waitUntil(all, { what: "the mail for 40 addresses", timeoutMs: 60_000 });
  });

  test.each([
    ["puts no mail into a public folder", "frank"],
    ["makes no public folder", "grace"],
  ])("%s where its user has no right to", async (what, user) => {
    await send(user, what);
    expect(await folderOf(user, what)).toBe("INBOX");
    const { stdout } = await mail().host.run("cd /var/vmail/public && find . ! -name 'dovecot*'");
    expect(stdout.trim().split("\n").sort()).toEqual([
      ".",
      ...["", "/cur", "/new", "/tmp"].map((folder) => `./Announcements${folder}`),
    ]);
  });

  test("that fails at a delivery is in the file of warnings and in the status", async () => {
    await send("frank", "into a folder that is not his");
    expect(await folderOf("frank", "into a folder that is not his")).toBe("INBOX");
    const warned = "grep -c 'lmtp(frank@domain.tld).*: sieve: Execution of script .* failed' /var/log/dovecot.warn";
    await expect.poll(async () => (await mail().host.run(warned)).code, { timeout: 20_000 }).toBe(0);
    const { host } = mail();
    const { address, port, user, hostKey, privateKeyFile } = host;
    const target = { connection: "ssh", address, port, user, hostKeys: [hostKey], privateKeyFile } as const;
    const connection = connect(() => target, systemd);
    try {
      const { failedScripts } = await askHost(connection, release);
      expect(failedScripts.find((script) => script.address === "frank@domain.tld")?.said).toMatch(
        /^\d{4}-\d\d-\d\d: .*failed to store into mailbox 'Public\/Announcements': Permission denied/,
      );
      expect(failedScripts.map((script) => script.address)).not.toContain("heidi@domain.tld");
    } finally {
      connection.close();
    }
  });

  test("answers for who is away, once", async () => {
    await send("dave", "are you there");
    await send("dave", "are you there, really");
    expect(await folderOf("dave", "are you there, really")).toBe("INBOX");
    const isAnswer = (subject: string | undefined): boolean => subject?.endsWith("I am away") === true;
    await mail().lab.sink.waitForMessage((message) => isAnswer(message.header("Subject")));
    expect(
      mail()
        .lab.sink.messages()
        .filter((message) => isAnswer(message.header("Subject"))),
    ).toHaveLength(1);
  });
});

describe("a user's own script", () => {
  beforeAll(async () => {
    await writeOwnScript("bob", fileInto("Mine"));
    await writeOwnScript("eve", 'fileinto "Nowhere"\n');
  });

  test("is used", async () => {
    await send("bob", "for bob himself");
    expect(await folderOf("bob", "for bob himself")).toBe("Mine");
  });

  test("that is broken loses no mail", async () => {
    await send("eve", "whatever she wrote");
    expect(await folderOf("eve", "whatever she wrote")).toBe("INBOX");
  });
});

test("up replaces a managed script, removes one that is managed no more, and leaves the user's own alone", async () => {
  const { alice: _, ...others } = scripts;
  await mail().deploy(settings({ ...others, carol: fileInto("Kept") }));
  for (const user of ["alice", "bob", "carol"]) await send(user, "after the change");
  expect(await folderOf("alice", "after the change")).toBe("INBOX");
  expect(await folderOf("bob", "after the change")).toBe("Mine");
  expect(await folderOf("carol", "after the change")).toBe("Kept");
  expect(await filesOf("alice")).toBe("");
});

describe("a managed script that does not compile", () => {
  const broken = settings({ ...scripts, alice: 'require "fileinto";\n\nfileinto "Lists"\nkeep;\n', eve: "shout;\n" });

  test("is refused at preview, with its line and the reason", async () => {
    const message = String(
      await mail()
        .preview(broken)
        .catch((error: unknown) => error),
    );
    expect(message).toContain(
      "mailhost:domains[\"domain.tld\"].mailboxes.alice.sieve: line 3: missing semicolon ';' after fileinto command",
    );
    expect(message).toContain("mailhost:domains[\"domain.tld\"].mailboxes.eve.sieve: line 1: unknown command 'shout'");
  });

  test("is refused by up before anything is changed", async () => {
    const state = "find /etc /var/vmail -type f -newer /tmp/before; ls -A /tmp";
    await mail().host.run("touch /tmp/before");
    const { stdout: before } = await mail().host.run(state);
    await expect(mail().deploy(broken)).rejects.toThrow(/mailboxes\.eve\.sieve: line 1/);
    expect((await mail().host.run(state)).stdout).toBe(before);
    expect(await filesOf("eve")).not.toContain("svbin");
  });
});

test("the daemons have nothing to complain of", async () => {
  expect(await complaints(mail().host)).toEqual([]);
});

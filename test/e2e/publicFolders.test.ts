import { describe, expect, test } from "vitest";
import { useDeployedHost } from "../helpers/deployedHost.ts";
import { complaints, dovecotReload } from "../helpers/hostJournal.ts";
import { type ImapConversation, openImapAs } from "../helpers/imapConversation.ts";
import { ofRelease } from "../helpers/release.ts";

const settings = {
  publicFolders: { folders: ["Announcements", "Team/Docs"] },
  domains: {
    "domain.tld": {
      mailboxes: { alice: {}, bob: {}, carol: { aclGroups: ["PublicMailboxAdmins"] }, mia: { format: "mdbox" } },
    },
    "domain1.tld": { mailboxes: { dave: {} }, publicFolders: false },
    "domain2.tld": {
      mailboxes: { erin: {}, frank: {} },
      acls: [{ mailbox: "Public/Team/*", identifier: "user=erin@domain2.tld", rights: "lrsi" }],
    },
  },
};
const mail = useDeployedHost(settings);

/** What the server says to one command of a user. */
async function sayAs(user: string, command: string): Promise<string> {
  using imap = await openImapAs(mail(), user);
  return await imap.say(command);
}

/** The command that stores a message of this subject. */
function append(folder: string, subject: string, text = "Hello\r\n"): string {
  const source = `Subject: ${subject}\r\n\r\n${text}`;
  return `APPEND ${folder} {${source.length}+}\r\n${source}`;
}

/** Names of the folders in the answer to LIST or LSUB. */
function foldersIn(answer: string): string[] {
  return [...answer.matchAll(/^\* (?:LIST|LSUB) \(.*\) "\/" (.*)$/gm)].map(([, name = ""]) => name).sort();
}

async function rightsOf(user: string, folder: string): Promise<string> {
  return rightsIn(await sayAs(user, `MYRIGHTS ${folder}`));
}

function rightsIn(answer: string): string {
  return /^\* MYRIGHTS \S+ (\w+)$/m.exec(answer)?.[1] ?? answer;
}

/** The folders of each user's own. */
const ownFolders = ["Archive", "Drafts", "INBOX", "Junk", "Sent", "Trash"];

describe("the public namespace", () => {
  test("is told of with its prefix and separator, beside the private one", async () => {
    expect(await sayAs("alice@domain.tld", "NAMESPACE")).toMatch(
      /^\* NAMESPACE \(\("" "\/"\)\) NIL \(\("Public\/" "\/"\)\)\nOK /,
    );
  });

  test("is listed with the folders of the configuration", async () => {
    const answer = await sayAs("alice@domain.tld", 'LIST "" *');
    expect(foldersIn(answer)).toEqual(
      [...ownFolders, "Public", "Public/Announcements", "Public/Team", "Public/Team/Docs"].sort(),
    );
    expect(answer).toMatch(/^\* LIST \(\\Noselect \\HasChildren\) "\/" Public\/Team$/m);
  });

  test("has no subscriptions of its own: each user's are in his home", async () => {
    const before = foldersIn(await sayAs("bob@domain.tld", 'LSUB "" *'));
    expect(await sayAs("alice@domain.tld", "SUBSCRIBE Public/Announcements")).toMatch(/^OK /);
    expect(foldersIn(await sayAs("alice@domain.tld", 'LSUB "" *'))).toEqual(
      [...ownFolders.filter((folder) => folder !== "INBOX"), "Public/Announcements"].sort(),
    );
    expect(foldersIn(await sayAs("bob@domain.tld", 'LSUB "" *'))).toEqual(before);
    const { stdout } = await mail().host.run(
      "cat /var/vmail/domain.tld/alice/maildir/subscriptions; find /var/vmail/public -name '*subscriptions*'",
    );
    expect(stdout).toBe("V\t2\n\nPublic/Announcements\n");
  });

  test("shows each user what he has read himself, in Maildir and in mdbox", async () => {
    expect(await sayAs("carol@domain.tld", append("Public/Announcements", "news"))).toMatch(/^OK /m);
    const isSeen = async (imap: ImapConversation): Promise<boolean> => {
      expect(await imap.say("SELECT Public/Announcements")).toMatch(/^\* 1 EXISTS$/m);
      return /\\Seen/.test(await imap.say("FETCH 1 (FLAGS)"));
    };
    {
      using alice = await openImapAs(mail(), "alice@domain.tld");
      expect(await isSeen(alice)).toBe(false);
      expect(await alice.say("STORE 1 +FLAGS (\\Seen)")).toMatch(/^\* 1 FETCH \(FLAGS \(.*\\Seen.*\)\)$/m);
    }
    for (const [user, seen] of [
      ["alice@domain.tld", true],
      ["bob@domain.tld", false],
      ["mia@domain.tld", false],
    ] as const) {
      using imap = await openImapAs(mail(), user);
      expect(await isSeen(imap), user).toBe(seen);
    }
    {
      using mia = await openImapAs(mail(), "mia@domain.tld");
      expect(await isSeen(mia)).toBe(false);
      await mia.say("STORE 1 +FLAGS (\\Seen)");
    }
    using bob = await openImapAs(mail(), "bob@domain.tld");
    expect(await isSeen(bob)).toBe(false);
  });

  test("is Maildir in folders as they are named, and each user's index is in his home", async () => {
    const { stdout } = await mail().host.run(
      `cd /var/vmail
       find public -path '*/cur/*' -type f | sed 's|/[^/]*$||'
       find domain.tld/bob/public domain.tld/mia/public -name 'dovecot.index*' -path '*/Announcements/*' -printf '%h\\n' | sort -u
       stat -c '%A %U:%G %n' public/Team/Docs/cur domain.tld/bob/public
       find public -name 'dovecot.index*'`,
    );
    expect(stdout.trim().split("\n")).toEqual([
      "public/Announcements/cur",
      "domain.tld/bob/public/Announcements",
      "domain.tld/mia/public/Announcements",
      "drwx--S--- vmail:vmail public/Team/Docs/cur",
      "drwx--S--- vmail:vmail domain.tld/bob/public",
    ]);
  });

  test("counts for nobody's quota", async () => {
    using imap = await openImapAs(mail(), "carol@domain.tld");
    const large = `${"x".repeat(98)}\r\n`.repeat(200);
    expect(await imap.say(append("Public/Team/Docs", "large", large))).toMatch(/^OK /m);
    expect(await imap.say("GETQUOTAROOT Public/Team/Docs")).not.toContain("User quota");
    expect(await imap.say("GETQUOTAROOT INBOX")).toMatch(/\(STORAGE 0 1048576\)/);
  });
});

describe("rights on public folders", () => {
  test("are to see and to read for anyone", async () => {
    expect(await rightsOf("alice@domain.tld", "Public")).toBe("l");
    expect(await rightsOf("alice@domain.tld", "Public/Team/Docs")).toBe("lrs");
  });

  test("are cached for 300 s, which shows in no answer", async () => {
    const [name, value] = ofRelease({
      debian13: ["acl_cache_ttl", "300s"],
      debian12: ["plugin/acl", "vfile:/var/vmail/conf.d/%d/acls:cache_secs=300"],
    });
    expect((await mail().host.run(`doveconf -h ${name}`)).stdout).toBe(`${value}\n`);
  });

  test.each([
    ["to make a folder", "CREATE Public/Mine"],
    ["to make a folder in another", "CREATE Public/Team/Mine"],
    ["to delete a folder", "DELETE Public/Announcements"],
    ["to rename a folder", "RENAME Public/Announcements Public/News"],
    ["to put a message in", append("Public/Announcements", "not by me")],
    ["to see the rights of others", "GETACL Public/Announcements"],
    ["to give rights", "SETACL Public/Announcements alice@domain.tld lrsi"],
  ])("refuse anyone %s", async (_what, command) => {
    expect(await sayAs("alice@domain.tld", command)).toMatch(/^NO \[NOPERM\]/m);
  });

  test("refuse anyone to mark and to remove what others have written", async () => {
    using imap = await openImapAs(mail(), "alice@domain.tld");
    expect(await imap.say("SELECT Public/Announcements")).toContain("[PERMANENTFLAGS (\\Seen)]");
    expect(await imap.say("STORE 1 +FLAGS (\\Flagged \\Deleted)")).not.toMatch(/\\Flagged|\\Deleted/);
    await imap.say("EXPUNGE");
    expect(await sayAs("bob@domain.tld", "STATUS Public/Announcements (MESSAGES)")).toContain("(MESSAGES 1)");
  });

  test("are all for the group PublicMailboxAdmins", async () => {
    using imap = await openImapAs(mail(), "carol@domain.tld");
    for (const command of [
      "CREATE Public/Team/New",
      append("Public/Team/New", "draft"),
      "SELECT Public/Team/New",
      "STORE 1 +FLAGS (\\Deleted)",
      "EXPUNGE",
      "CLOSE",
      "GETACL Public/Team/New",
      "RENAME Public/Team/New Public/Team/Old",
      "DELETE Public/Team/Old",
    ]) {
      expect(await imap.say(command), command).toMatch(/^OK /m);
    }
    expect(foldersIn(await sayAs("alice@domain.tld", 'LIST "" Public/Team/*'))).toEqual(["Public/Team/Docs"]);
  });

  test("are those of the configuration for whom it names, whatever a member of the group sets by IMAP", async () => {
    using imap = await openImapAs(mail(), "carol@domain.tld");
    for (const user of ["bob@domain.tld", "dave@domain1.tld", "frank@domain2.tld"]) {
      expect(await imap.say(`SETACL Public/Announcements ${user} lrswi`)).toMatch(/^OK /);
    }
    expect(await imap.say("GETACL Public/Announcements")).toMatch(/ bob@domain\.tld ilrws .*#anyone lrs /);
    expect(await rightsOf("bob@domain.tld", "Public/Announcements")).toBe("lrs");
    expect(await rightsOf("dave@domain1.tld", "Public/Announcements")).toMatch(/^NO \[NONEXISTENT\]/);
    expect(await rightsOf("frank@domain2.tld", "Public/Announcements")).toBe("lrwsi");
    expect(await imap.say("DELETEACL Public/Announcements frank@domain2.tld")).toMatch(/^OK /);
  });

  test("are those of the domain where it has its own", async () => {
    expect(foldersIn(await sayAs("erin@domain2.tld", 'LIST "" *'))).toEqual(
      [...ownFolders, "Public", "Public/Team/Docs"].sort(),
    );
    expect(await rightsOf("erin@domain2.tld", "Public/Team/Docs")).toBe("lrsi");
    expect(await sayAs("erin@domain2.tld", append("Public/Team/Docs", "from erin"))).toMatch(/^OK /m);
    expect(await sayAs("alice@domain.tld", "STATUS Public/Team/Docs (MESSAGES)")).toContain("(MESSAGES 2)");
    expect(foldersIn(await sayAs("frank@domain2.tld", 'LIST "" *'))).toEqual(ownFolders);
  });

  test("are none in a domain without public folders", async () => {
    expect(foldersIn(await sayAs("dave@domain1.tld", 'LIST "" *'))).toEqual(ownFolders);
    const missing = ofRelease({ debian13: /^NO \[NONEXISTENT\]/m, debian12: /^NO Mailbox doesn't exist: /m });
    expect(await sayAs("dave@domain1.tld", "SELECT Public/Announcements")).toMatch(missing);
  });
});

test("a right that is taken counts at once; an open session can still read what it has open, and keeps all on Debian 12", async () => {
  using carol = await openImapAs(mail(), "carol@domain.tld");
  expect(await carol.say("SELECT Public/Announcements")).toMatch(/^OK \[READ-WRITE\]/m);
  expect(await carol.say("STORE 1 +FLAGS (\\Flagged)")).toContain("\\Flagged");
  const acls = [{ mailbox: "Public/*", identifier: "anyone", rights: "l" }];
  await mail().deploy({ ...settings, publicFolders: { ...settings.publicFolders, acls } });
  expect(await rightsOf("alice@domain.tld", "Public/Announcements")).toBe("l");
  expect(await rightsOf("carol@domain.tld", "Public/Announcements")).toBe("l");
  const kept = ofRelease({
    debian13: { rights: "l", flags: /\\Flagged/, selected: /^NO \[NOPERM\]/m },
    debian12: { rights: "lrwstipekxacd", flags: /FLAGS \((?!.*\\Flagged)/, selected: /^OK \[READ-WRITE\]/m },
  });
  expect(rightsIn(await carol.say("MYRIGHTS Public/Announcements"))).toBe(kept.rights);
  await carol.say("STORE 1 -FLAGS (\\Flagged)");
  const message = await carol.say("FETCH 1 (FLAGS BODY[])");
  expect(message).toMatch(kept.flags);
  expect(message).toContain("Subject: news");
  expect(await carol.say("SELECT Public/Announcements")).toMatch(kept.selected);
});

test("a folder that is taken out of the configuration stays with its mail", async () => {
  await mail().deploy({ ...settings, publicFolders: { folders: ["Announcements"] } });
  expect(await sayAs("alice@domain.tld", "STATUS Public/Team/Docs (MESSAGES)")).toContain("(MESSAGES 2)");
});

test("the daemons have nothing to complain of", async () => {
  expect(await complaints(mail().host, [dovecotReload])).toEqual([]);
});

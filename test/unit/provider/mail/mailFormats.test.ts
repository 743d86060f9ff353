import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { formatProblems } from "../../../../provider/mail/mailFormats.ts";
import type { MailFormat } from "../../../../shared/model/mailFormat.ts";
import { dovecot24 } from "../../../../shared/releases/dovecot24.ts";
import { LocalHost } from "../../../helpers/localHost.ts";
import { useTemporaryFolder } from "../../../helpers/temporaryFolder.ts";

const folder = useTemporaryFolder();

/** A passwd file; some users have a format of their own. */
function users(formats: Readonly<Record<string, MailFormat | undefined>>): Record<string, string> {
  const lines = Object.entries(formats).map(([user, format]) => {
    const own = format === undefined ? "" : `::userdb_mail_driver=${format} userdb_mail_path=~/${format}`;
    return `${user}@domain.tld:{ARGON2ID}#0123abcd:5000:5000::${join(folder(), user)}${own}\n`;
  });
  return { "domain.tld": lines.join("") };
}

function store(...files: string[]): void {
  for (const file of files) {
    mkdirSync(dirname(join(folder(), file)), { recursive: true });
    writeFileSync(join(folder(), file), "");
  }
}

function problems(
  present: Record<string, string>,
  wanted: Record<string, string>,
  format: MailFormat,
): Promise<string[]> {
  return formatProblems(new LocalHost(join(folder(), "host")).context().host, dovecot24, present, wanted, format);
}

describe("another format", () => {
  test("is refused where homes hold mail, in the inbox or in a folder", async () => {
    store(
      ...["ann/maildir/new/1", "ben/maildir/.Sent/cur/1:2,S", "cid/maildir/cur/1", "dan/maildir/cur/1"],
      "eve/maildir/dovecot-uidlist",
    );
    const all = users({ ann: undefined, ben: undefined, cid: undefined, dan: undefined, eve: undefined });
    const homes = ["ann", "ben", "cid"].map((user) => join(folder(), user)).join(", ");
    expect(await problems(all, all, "mdbox")).toEqual([
      `mailhost:mail.format: cannot be "mdbox" while there is mail as maildir, which would be out of sight, in ${homes} and 1 more. Go back to "maildir", give these mailboxes \`format: maildir\`, or convert the mail first: see docs/mail-format.md`,
    ]);
    expect(await problems(all, all, "maildir")).toEqual([]);
  });

  test("of one mailbox is refused under its own key, also where it had one before", async () => {
    store("bob/mdbox/storage/m.1", "o.k/maildir/cur/1");
    const before = users({ bob: "mdbox", "o.k": undefined });
    const [ofBob = "", ofOther = "", ...others] = await problems(
      before,
      users({ bob: undefined, "o.k": "mdbox" }),
      "maildir",
    );
    expect(ofBob).toMatch(/^mailhost:domains\["domain\.tld"\]\.mailboxes\.bob\.format: cannot be "maildir" /);
    expect(ofBob).toContain('Go back to "mdbox", or convert');
    expect(ofOther).toMatch(/^mailhost:domains\["domain\.tld"\]\.mailboxes\["o\.k"\]\.format: cannot be "mdbox" /);
    expect(others).toEqual([]);
    expect(await problems(before, before, "maildir")).toEqual([]);
  });

  test("is refused too where nobody knows what was before", async () => {
    store("bob/mdbox/storage/m.1");
    const wanted = users({ bob: undefined });
    expect(await problems({}, wanted, "maildir")).toEqual([expect.stringContaining("mailhost:mail.format: ")]);
  });
});

import { vmail } from "../../shared/accounts.ts";
import type { ResolvedDomain, ResolvedMailbox } from "../../shared/model/resolvedMailHost.ts";
import type { DovecotDialect } from "../../shared/releases/dovecotDialect.ts";

/** In place of a password: no password matches it, so neither IMAP nor submission lets the user in. */
const noPassword = "!";

/**
 * The text of a domain's passwd-file, with each password hash replaced by its fingerprint.
 *
 * See https://doc.dovecot.org/2.4.1/core/config/auth/databases/passwd_file.html
 *
 * @param fingerprints Address to fingerprint, for every enabled mailbox
 * @param dialect How Dovecot is told what is a user's own
 */
export function renderPasswdFile(
  domain: ResolvedDomain,
  fingerprints: Readonly<Record<string, string>>,
  dialect: DovecotDialect,
): string {
  return domain.mailboxes.map((mailbox) => passwdLine(mailbox, dialect, fingerprints[mailbox.address])).join("");
}

function passwdLine(mailbox: ResolvedMailbox, dialect: DovecotDialect, fingerprint = noPassword): string {
  const { address, home, enabled } = mailbox;
  const fields = [address, enabled ? fingerprint : noPassword, vmail.uid, vmail.gid, "", home];
  const extra = extraFields(mailbox, dialect);
  // The fields behind the home directory, shell and extra fields, must not be there empty: a line that ends in a colon
  // is a YAML key to Pulumi, which then shows no difference by lines.
  return `${[...fields, ...(extra === "" ? [] : ["", extra])].join(":")}\n`;
}

/** What is the user's own, as settings that stand in for those of dovecot.conf. */
function extraFields(mailbox: ResolvedMailbox, dialect: DovecotDialect): string {
  return Object.entries(dialect.userFields(mailbox))
    .map(([name, value]) => `userdb_${name}=${value}`)
    .join(" ");
}

import { vmail } from "../accounts.ts";
import type { ResolvedDomain, ResolvedMailbox } from "../model/resolvedMailHost.ts";

/** In place of a password: no password matches it, so neither IMAP nor submission lets the user in. */
const noPassword = "!";

/**
 * The text of a domain's passwd-file, with each password hash replaced by its fingerprint.
 *
 * See https://doc.dovecot.org/2.4.1/core/config/auth/databases/passwd_file.html
 *
 * @param fingerprints Address to fingerprint, for every enabled mailbox
 */
export function renderPasswdFile(domain: ResolvedDomain, fingerprints: Readonly<Record<string, string>>): string {
  return domain.mailboxes.map((mailbox) => passwdLine(mailbox, fingerprints[mailbox.address])).join("");
}

function passwdLine({ address, home, enabled }: ResolvedMailbox, fingerprint = noPassword): string {
  // Of the fields behind the home directory, shell and extra fields, none is needed. They must not be there empty: a
  // line that ends in a colon is a YAML key to Pulumi, which then shows no difference by lines.
  const fields = [address, enabled ? fingerprint : noPassword, vmail.uid, vmail.gid, "", home];
  return `${fields.join(":")}\n`;
}

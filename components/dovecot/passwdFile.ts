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
  // name, password, uid, gid, (gecos), home, (shell), extra fields
  const password = enabled ? fingerprint : noPassword;
  return `${[address, password, vmail.uid, vmail.gid, "", home, "", ""].join(":")}\n`;
}

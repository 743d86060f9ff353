import type { ResolvedDomain } from "../../shared/model/resolvedMailHost.ts";
import { noPassword, renderPasswdLine } from "../../shared/passwdUser.ts";
import type { DovecotDialect } from "../../shared/releases/dovecotDialect.ts";

/**
 * The text of a domain's passwd-file, with each password hash replaced by its fingerprint.
 *
 * @param fingerprints Address to fingerprint, for every enabled mailbox
 * @param dialect How Dovecot takes what is a user's own
 */
export function renderPasswdFile(
  domain: ResolvedDomain,
  fingerprints: Readonly<Record<string, string>>,
  dialect: DovecotDialect,
): string {
  const users = domain.mailboxes.map(({ address, home, enabled, ...own }) => ({
    address,
    password: (enabled ? fingerprints[address] : undefined) ?? noPassword,
    home,
    settings: dialect.userFields(own),
  }));
  return users.map(renderPasswdLine).join("");
}

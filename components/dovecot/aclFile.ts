import type { ResolvedDomain } from "../model/resolvedMailHost.ts";

/**
 * The text of a domain's ACL file: one `mailbox identifier rights` line each. Without rights in it, nobody of the
 * domain sees a public folder.
 *
 * See https://doc.dovecot.org/2.4.1/core/plugins/acl.html
 */
export function renderAclFile({ acls }: ResolvedDomain): string {
  return acls.map(({ mailbox, identifier, rights }) => `${mailbox} ${identifier} ${rights}\n`).join("");
}

import type { ResolvedDomain } from "../../shared/model/resolvedMailHost.ts";

/**
 * The text of a domain's ACL file: one `mailbox identifier rights` line each. A line without rights takes those away that
 * somebody has given by IMAP.
 *
 * See https://doc.dovecot.org/2.4.1/core/plugins/acl.html
 */
export function renderAclFile({ acls }: ResolvedDomain): string {
  return acls
    .map(({ mailbox, identifier, rights }) => `${[mailbox, identifier, rights].join(" ").trimEnd()}\n`)
    .join("");
}

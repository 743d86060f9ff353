import { vmail } from "../../shared/accounts.ts";
import { quotaSettings } from "../../shared/model/quota.ts";
import type { ResolvedDomain, ResolvedMailbox } from "../../shared/model/resolvedMailHost.ts";
import { mailPath } from "../../shared/paths.ts";

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

function passwdLine(mailbox: ResolvedMailbox, fingerprint = noPassword): string {
  const { address, home, enabled } = mailbox;
  const fields = [address, enabled ? fingerprint : noPassword, vmail.uid, vmail.gid, "", home];
  const extra = extraFields(mailbox);
  // The fields behind the home directory, shell and extra fields, must not be there empty: a line that ends in a colon
  // is a YAML key to Pulumi, which then shows no difference by lines.
  return `${[...fields, ...(extra === "" ? [] : ["", extra])].join(":")}\n`;
}

/** What is the user's own, as settings that stand in for those of dovecot.conf. */
function extraFields({ quota, format, aclGroups }: ResolvedMailbox): string {
  const own: Record<string, string> = {};
  if (quota !== undefined) {
    const { size, grace } = quotaSettings(quota);
    own.quota_storage_size = size;
    own.quota_storage_grace = grace;
  }
  if (format !== undefined) {
    own.mail_driver = format;
    own.mail_path = mailPath(format);
  }
  if (aclGroups.length > 0) own.acl_groups = aclGroups.join(",");
  return Object.entries(own)
    .map(([name, value]) => `userdb_${name}=${value}`)
    .join(" ");
}

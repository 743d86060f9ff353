import { mailRoot } from "./accounts.ts";
import type { MailFormat } from "./model/mailFormat.ts";

/*
 * Where things are on the host, as far as more than one file has to agree.
 */

/** Public folders; owned by vmail like all mail. */
export const publicRoot = `${mailRoot}/public`;

/** Where a mailbox of that format lies, below its user's home. */
export function mailPath(format: MailFormat): string {
  return `~/${format}`;
}

/** Key and certificate of both daemons in one file, so that neither ever sees the one without the other. */
export const certificateFile = "/etc/ssl/private/mailhost.pem";

/** The same of a certificate that is renewed on the host. */
export const acmeCertificateFile = "/var/lib/mailhost/acme/certificate.pem";

/** What Postfix and Dovecot meet on: sockets of Dovecot's in a directory that Postfix makes when it starts. */
export const postfixQueue = "/var/spool/postfix";
export const lmtpSocket = "private/dovecot-lmtp";
export const authSocket = "private/auth";
export const quotaStatusSocket = "private/quota-status";

/** Where rspamd takes messages from Postfix, in a directory of the queue that rspamd's unit makes. */
export const milterSocket = "rspamd/milter.sock";

/** Where rspamd answers root alone. */
export const rspamdControllerSocket = "/run/rspamd/controller.sock";

/** Aliases of the host's own users, read as text. */
export const localAliasTable = "/etc/postfix/local_aliases";

/** What becomes of headers of mail that comes in. */
export const headerCheckTable = "/etc/postfix/header_checks";

/*
 * The names that may reach a configuration file, a table or a path on the host. All are plain ASCII without blanks,
 * quotes or anything else that Postfix, Dovecot or a shell reads as more than a letter.
 */

const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const domain = `(?=.{1,253}$)(?:${label}\\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?`;

/** A fully qualified domain name in lower case; its last label begins with a letter, so it is no address. */
export const domainName = new RegExp(`^${domain}$`);
export const domainNameAllowed =
  'a domain name in lower case and ASCII (xn--... for other letters), such as "domain.tld"';

/** The local part of a mailbox or alias. No `+`: mail for `bob+x` is bob's where extensions are in use. */
export const localPart = /^[a-z0-9][a-z0-9._-]{0,63}$/;
export const localPartAllowed = "1 to 64 of a-z 0-9 . _ - and begin with a letter or digit";

/** Any address that mail may be sent on to. */
export const mailAddress = new RegExp(`^[A-Za-z0-9_][A-Za-z0-9._+=-]{0,63}@${domain}$`);

/** A local part of the same domain, or any address. */
export const member = new RegExp(`${localPart.source}|${mailAddress.source}`);
export const memberAllowed =
  'a local part of this domain, such as "alice", or an address, such as "alice@domain.tld" (letters, digits and . _ + = - before the @, a domain in lower case behind it)';

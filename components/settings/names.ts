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

/** A label of DNS, with room for what is added to the name of an Ed25519 key. */
export const dkimSelector = /^(?=.{1,55}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
export const dkimSelectorAllowed = 'a label of DNS, such as "s1" (1 to 55 of a-z 0-9 -, with no - at its ends)';

/** Before a local part: no longer than RFC 5321, 4.5.3.1.1 has it. */
const short = "(?=[^@]{1,64}@)";

/** What our local parts are made of: words with dots between them. */
const localPartName = "[a-z0-9](?:\\.?[a-z0-9_-])*";

/**
 * The local part of a mailbox or alias, a dot-string of RFC 5321. No `+`: mail for `bob+x` is bob's where extensions are
 * in use.
 */
export const localPart = new RegExp(`^(?=.{1,64}$)${localPartName}$`);
export const localPartAllowed =
  "1 to 64 of a-z 0-9 . _ - and begin with a letter or digit, without a dot at the end or beside another";

/** The local part of an alias, or the catch-all. */
export const aliasName = new RegExp(`${localPart.source}|^@$`);
export const aliasNameAllowed = `"@" for all others, or ${localPartAllowed}`;

/** The address of a mailbox. */
export const mailboxAddress = new RegExp(`^${short}${localPartName}@${domain}$`);

/** Any address that mail may be sent on to. */
export const mailAddress = new RegExp(`^${short}[A-Za-z0-9_](?:\\.?[A-Za-z0-9_+=-])*@${domain}$`);

export const mailAddressAllowed = 'an address, such as "postmaster@domain.tld"';

/** A local part of the same domain, or any address to send as: the table of senders knows no capital letter. */
export const senderAddress = new RegExp(`${localPart.source}|^${short}[a-z0-9_](?:\\.?[a-z0-9_+=-])*@${domain}$`);
export const senderAddressAllowed =
  'a local part of this domain, such as "info", or an address, such as "info@domain.tld", all in lower case (letters, digits and . _ + = - before the @)';

const folderSegment = "(?!(?:cur|new|tmp)(?:/|$))(?!dovecot)[A-Za-z0-9_][A-Za-z0-9._-]*";

/** A public folder, which is a directory of that name: none of Dovecot's own names, and no letter that it would encode. */
export const folder = new RegExp(`^(?=.{1,200}$)(?!Public(?:/|$))${folderSegment}(?:/${folderSegment})*$`);
export const folderAllowed =
  'the name of a folder below Public, such as "Announcements" or "Team/Docs" (without Public itself; ASCII letters, digits and . _ - between slashes; none named cur, new, tmp or dovecot...)';

const mailboxSegment = String.raw`[\p{L}\p{N}](?:[\p{L}\p{N} _-]*[\p{L}\p{N}_-])?`;

/** A folder in a user's mailbox: no dot, which divides folders in Maildir. */
export const mailboxFolder = new RegExp(
  `^(?=.{1,100}$)(?!(?:[Ii][Nn][Bb][Oo][Xx]|Public)(?:/|$))${mailboxSegment}(?:/${mailboxSegment})*$`,
  "u",
);
export const mailboxFolderAllowed =
  'the name of a folder, such as "Sent" or "Archive/2026" (letters, digits, blanks and _ - between slashes; not INBOX or Public)';

/** The folders that an ACL is about. In its ACL files Dovecot takes a `%` for a letter like others. */
export const aclMailbox = /^Public(?:\/[A-Za-z0-9._*?/-]*[A-Za-z0-9._*?-])?$/;
export const aclMailboxAllowed =
  'Public, or a pattern below it, such as "Public/*" or "Public/Team/*" (* stands for anything, slashes included, and ? for one character)';

const group = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";
export const aclGroup = new RegExp(`^${group}$`);
export const aclGroupAllowed = 'the name of a group, such as "PublicMailboxAdmins" (letters, digits and . _ -)';

/** Whom an ACL is about; with a minus sign, it takes the rights away. */
export const aclIdentifier = new RegExp(
  `^-?(?:anyone|authenticated|owner|user=${mailboxAddress.source.slice(1, -1)}|(?:group|group-override)=${group})$`,
);
export const aclIdentifierAllowed =
  "anyone, authenticated, owner, user=ADDRESS (of a mailbox, in lower case), group=NAME or group-override=NAME, with - before it to take rights away";

/** Rights by their letters, see RFC 4314 and https://doc.dovecot.org/2.4.1/core/plugins/acl.html. */
export const aclRights = /^(?!.*(.).*\1)[lrwstipekxa]+$/;
export const aclRightsAllowed =
  "made of the letters l (look up) r (read) w (write flags) s (seen) t (delete mails) i (insert) p (post) e (expunge) k (create) x (delete folder) a (administer), each at most once";

/** A file on the host, without a doubt about what it names to Postfix, Dovecot or a shell. */
export const hostFile = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._@+-]+)+$/;
export const hostFileAllowed =
  "the absolute path of a file on the host (ASCII letters, digits and . _ @ + - between slashes, no ..)";

/** A URL without user, query or anything that a shell reads as more than a letter. */
export const httpsUrl = /^https:\/\/[A-Za-z0-9.-]+(?::\d{1,5})?(?:\/[A-Za-z0-9._~-]*)*$/;
export const httpsUrlAllowed =
  'a URL that begins with https://, such as "https://acme-v02.api.letsencrypt.org/directory"';

export const dnsProviderAllowed =
  'a DNS provider of the host\'s lego, such as "hetzner" (docs/certificates.md has all)';

/** A variable of a process's environment. */
export const variable = /^[A-Za-z_][A-Za-z0-9_]*$/;
export const variableAllowed = 'the name of an environment variable, such as "HETZNER_API_KEY"';

/** A local part of the same domain, or any address. */
export const member = new RegExp(`${localPart.source}|${mailAddress.source}`);
export const memberAllowed =
  'a local part of this domain in lower case, such as "alice", or an address, such as "alice@domain.tld" (letters, digits and . _ + = - before the @, a domain in lower case behind it)';

import type * as pulumi from "@pulumi/pulumi";
import type { LocalTargetArgs, SshTargetArgs } from "../resources/index.ts";
import type { PackageVersions } from "../shared/daemons/registry.ts";
import type { DkimAlgorithm } from "../shared/dkim/dkimKey.ts";
import type { DovecotSettings, ExtraValue } from "../shared/model/extraValue.ts";
import type { MailFormat } from "../shared/model/mailFormat.ts";
import type { ReleaseName } from "../shared/releases/release.ts";
import type { Passwords } from "./passwords.ts";

export type { DkimAlgorithm, DovecotSettings, ExtraValue, MailFormat };

/**
 * Arguments of {@link MailHost}.
 *
 * What decides which resources exist, or what a configuration file says, is a plain value: a preview can then show
 * the new text. Addresses, keys and password hashes may be outputs.
 */
export interface MailHostArgs {
  /**
   * The host's own name: Postfix's `myhostname` and the name in the certificate. It must not be a mail domain.
   *
   * See https://www.postfix.org/postconf.5.html#myhostname
   *
   * @example "mail.domain.tld"
   */
  hostname: string;
  /**
   * What the daemons run on.
   *
   * @default "debian"
   */
  platform?: "debian";
  /**
   * The Debian release of the host: Dovecot 2.4 and Postfix 3.10 on 13, Dovecot 2.3 and Postfix 3.7 on 12. It is checked
   * against the host. For the upgrade of a host in place see docs/upgrade-debian.md.
   *
   * @default "debian13"
   */
  release?: ReleaseName;
  /** How to reach the host. */
  target: SshTargetArgs | LocalTargetArgs;
  /**
   * The key of the stack configuration that holds the target: see `ProviderArgs.configKey`.
   *
   * @default - {@link MailHostArgs.target} decides
   */
  targetConfigKey?: string;
  /**
   * The internet protocols of both daemons.
   *
   * @default "ipv4"
   */
  inetProtocols?: "ipv4" | "all";
  /**
   * Settings of Postfix.
   *
   * @default {}
   */
  postfix?: PostfixArgs;
  /**
   * Settings of Dovecot.
   *
   * @default {}
   */
  dovecot?: DovecotArgs;
  /**
   * Versions of Debian packages: of one that is named here no other is installed. `*` stands for any text.
   *
   * @default - what the host has, or Debian offers
   *
   * @example { "dovecot-core": "1:2.4.1*" }
   */
  packages?: PackageVersions;
  /** Settings that concern all mail of the host. */
  mail: MailArgs;
  /**
   * Mail domain to its mailboxes and aliases.
   *
   * A domain, mailbox or alias that is taken out is refused from then on; its mail stays on the host.
   *
   * @example { "domain.tld": { mailboxes: { alice: {} }, aliases: { info: ["alice"] } } }
   */
  domains: Record<string, DomainArgs>;
  /**
   * Folders that users share, and who may do what in them.
   *
   * @default {}
   */
  publicFolders?: PublicFoldersArgs;
  /**
   * Address of every enabled mailbox to its password hash, `{SCHEME}hash` as `doveadm pw` prints it. A secret.
   *
   * @example config.requireSecretObject("passwords")
   */
  passwords: pulumi.Input<Record<string, string>> | Passwords;
  /**
   * Where Dovecot's messages go.
   *
   * @default { method: "syslog" }
   */
  logging?: LoggingArgs;
  /**
   * Key and certificate of both daemons.
   *
   * @default { source: "self-signed" }
   */
  tls?: SelfSignedTlsArgs | PemTlsArgs | FilesTlsArgs | AcmeTlsArgs;
  /**
   * The DNS records of the host and its domains, which are an output: nothing is published.
   *
   * @default {}
   */
  dns?: DnsArgs;
  /**
   * Signatures on outgoing mail, by which other servers know that it is of the domain, and unchanged: see
   * {@link DkimArgs}. `{}` is enough.
   *
   * It installs rspamd. Publish the records (`npm run dns`); until then other servers take the mail for unsigned.
   *
   * @default - mail is not signed
   *
   * @example {}
   */
  dkim?: DkimArgs;
  /**
   * Whether each deployment that changes the configuration ends with a visit to the open ports from the machine that
   * deploys. What is wrong fails the deployment and undoes nothing.
   *
   * Turn it off where that machine cannot reach the ports.
   *
   * @default true
   */
  acceptanceCheck?: boolean;
}

/** Settings of Postfix. */
export interface PostfixArgs {
  /**
   * Addresses of the host on which Postfix listens (`inet_interfaces`), for 25, 587 and 465 together.
   *
   * See https://www.postfix.org/postconf.5.html#inet_interfaces
   *
   * @default - all addresses
   */
  listenAddresses?: string[];
  /**
   * Networks whose hosts may send through port 25 to anywhere, without log-in and without TLS.
   *
   * Every host in them can relay: leave it at the loopback network unless you trust each one.
   * See https://www.postfix.org/postconf.5.html#mynetworks
   *
   * @default ["127.0.0.0/8"]
   */
  mynetworks?: string[];
  /**
   * Whether users may submit on 465 too, where TLS begins at once, under the rules of 587.
   *
   * RFC 8314 prefers it to STARTTLS on 587. See https://www.postfix.org/postconf.5.html#smtpd_tls_wrappermode
   *
   * @default false
   */
  submissions?: boolean;
  /**
   * Whether a message that a user submits on 587 or 465 tells, in its `Received` header, the name and address of the client
   * that sent it. All its recipients read that: it can be the address of a user's home. The log has it in any case.
   *
   * See https://www.postfix.org/postconf.5.html#smtpd_hide_client_session
   *
   * @default false
   */
  clientAddressInHeaders?: boolean;
  /**
   * Whether a message that a user submits is refused (554) whose `From:` has an address that its user may not send as, or is not in
   * a plain form that all mail programs read alike. The sender of the envelope is checked in any case; `From:` is what people
   * see, and what a DKIM signature vouches for.
   *
   * `reject` installs rspamd, also without `mailhost:dkim`.
   *
   * @default - `reject` where mail is signed ({@link MailHostArgs.dkim}), else `allow`
   */
  fromHeader?: "reject" | "allow";
  /**
   * Whether mail of other domains that an alias, a forward or a Sieve script sends on gets an address of this host as the
   * sender of its envelope (SRS), by which a bounce comes back and goes on to the sender of before. Without it, a server that
   * goes by SPF alone refuses such mail.
   *
   * It installs postsrsd. Mail of others that stays here gets such a sender too: Sieve scripts and `Return-Path` see it. While
   * postsrsd does not answer, all mail is put off.
   *
   * See https://www.libsrs2.org/srs/srs.pdf
   *
   * @default false
   */
  srs?: boolean;
  /**
   * Parameters that have no key of their own: names of main.cf, or `SERVICE/TYPE/NAME`, as `postconf -P` spells the
   * options that master.cf gives to one service. `$name` and `${name}` are expanded by Postfix. Not for secrets: they are
   * shown in previews.
   *
   * What mailhost writes itself is refused, so that port 25 stays without relay and log-in: a name of our main.cf in
   * all places, and one that our master.cf gives to a service also in main.cf and for other services. Two kinds may
   * be given again: client rate limits (`smtpd_client_..._rate_limit`), where yours takes the place of ours, and lists of
   * restrictions (`smtpd_..._restrictions`) that master.cf alone has, in main.cf and for other services.
   * All else is yours to judge: a parameter can open what other settings close. Postfix's own programs read the
   * staged files before anything changes, and smtpd tries each restriction alone; what an access table answers, it meets
   * with the first client only.
   *
   * See https://www.postfix.org/postconf.5.html and https://www.postfix.org/postconf.1.html
   *
   * @default {}
   *
   * @example { maximal_queue_lifetime: "3d", "submission/inet/smtpd_client_message_rate_limit": 50 }
   */
  parameters?: Record<string, ExtraValue>;
}

/** Settings of Dovecot. */
export interface DovecotArgs {
  /**
   * How users may log in, inside TLS, for IMAP and submission: passwords are kept as hashes, so only mechanisms that
   * send the password itself work. `login` is for old mail clients.
   *
   * See https://doc.dovecot.org/2.4.1/core/config/auth/mechanisms/
   *
   * @default ["plain"]
   */
  authMechanisms?: ("plain" | "login")[];
  /**
   * Addresses of the host on which IMAP listens.
   *
   * See https://doc.dovecot.org/latest/core/config/service.html#inet-listeners
   *
   * @default - all addresses
   */
  listenAddresses?: string[];
  /**
   * Whether users may log in on 993 too, where TLS begins at once.
   *
   * RFC 8314 prefers it to STARTTLS on 143. See https://doc.dovecot.org/latest/core/config/service.html#inet-listeners
   *
   * @default false
   */
  imaps?: boolean;
  /**
   * IMAP connections that one user may have open from one address at the same time. Mail programs open several each, and all
   * devices behind one router come from one address. More are refused at log-in.
   *
   * See https://doc.dovecot.org/2.4.1/core/summaries/settings.html#mail_max_userip_connections
   *
   * @default 100
   */
  mailMaxUseripConnections?: number;
  /**
   * Settings that have no key of their own, in the form of Dovecot 2.4 on each release: a mapping is a section, and one that our file has
   * too is extended. Not for secrets: they are shown in previews.
   *
   * What mailhost writes itself is refused: a setting at its place; one of the top level also within `protocol`, `remote` and
   * the like and within our namespaces; our listeners; all of `passdb`, `userdb` and `quota`. Limits of a service
   * (`process_limit`, `client_limit`, `process_min_avail`) may be given again, and yours counts.
   * On Debian 12, what Dovecot 2.3 does not take in the same form is refused, with its name there.
   * All else is yours to judge: a setting can open what others close. Dovecot's own programs read the staged file,
   * and serve a session by it, before anything changes.
   *
   * See https://doc.dovecot.org/2.4.1/core/summaries/settings.html
   *
   * @default {}
   *
   * @example { "service imap": { process_limit: 4096 }, login_greeting: "Hello" }
   */
  settings?: DovecotSettings;
}

/** Settings that concern all mail of the host. */
export interface MailArgs {
  /**
   * How mail is stored: a file for each message, or many messages in one. Refused to change while homes hold mail, which
   * would be out of sight.
   *
   * See https://doc.dovecot.org/2.4.1/core/config/mailbox_formats/
   *
   * @default "maildir"
   */
  format?: MailFormat;
  /**
   * What each mailbox may hold: a whole number with K, M, G or T, or "unlimited". Public folders do not count.
   *
   * See https://doc.dovecot.org/2.4.1/core/plugins/quota.html
   *
   * @default "1G"
   */
  quota?: string;
  /**
   * How much more than its quota a mailbox may hold together with what is moved to Trash, in percent of the quota.
   *
   * @default 10
   */
  trashExtraPercent?: number;
  /**
   * Folders that every mailbox has from the start, for mail programs to find by their special use. A folder that is there already
   * keeps its mail and gets the special use; one that is taken out of the list stays as a folder like others.
   *
   * See https://doc.dovecot.org/2.4.1/core/config/namespaces.html#mailbox-settings and
   * https://www.rfc-editor.org/rfc/rfc6154
   *
   * @default - Drafts, Sent, Junk, Trash and Archive, subscribed, each with the special use of its name
   *
   * @example [{ name: "Sent Messages", specialUse: "Sent" }, { name: "Trash", specialUse: "Trash" }]
   */
  defaultFolders?: DefaultFolderArgs[];
  /**
   * Largest message Postfix accepts, in bytes, envelope included.
   *
   * See https://www.postfix.org/postconf.5.html#message_size_limit
   *
   * @default 20480000
   */
  messageSizeLimit?: number;
  /**
   * The mailbox that gets the mail for `postmaster` and `abuse` of every domain that does not define them, or whose
   * own have no recipient, and the mail for the host's `root`.
   *
   * @example "alice@domain.tld"
   */
  postmaster: string;
  /**
   * Characters that separate an address from its extension, for both daemons: with `+`, mail for `bob+lists` goes
   * to `bob`. Mailboxes and aliases must not contain them.
   *
   * See https://www.postfix.org/postconf.5.html#recipient_delimiter
   *
   * @default - no extensions
   */
  recipientDelimiter?: string;
}

/** A folder that every mailbox has. */
export interface DefaultFolderArgs {
  /**
   * Its name: letters, digits, blanks, `_` and `-`, with `/` before the name of a folder in it.
   *
   * @example "Sent"
   */
  name: string;
  /**
   * What mail programs use it for. The one for `Trash` is where {@link MailArgs.trashExtraPercent} counts.
   *
   * @default - nothing in particular
   */
  specialUse?: "Drafts" | "Sent" | "Junk" | "Trash" | "Archive";
  /**
   * Whether it is there without its user's doing: `subscribe`, and always subscribed to, so that mail programs show it; `create`,
   * and subscribed to by those who want it; `no`: it has its special use once its user has made it.
   *
   * @default "subscribe"
   */
  auto?: "subscribe" | "create" | "no";
}

/** Where Dovecot's messages go. Postfix logs to the host's mail log. */
export interface LoggingArgs {
  /**
   * `syslog`: by facility local1 into files of their own severity, with one for deliveries. `files`: Dovecot writes its
   * own two files.
   *
   * See https://doc.dovecot.org/2.4.1/core/admin/logging.html
   *
   * @default "syslog"
   */
  method?: "syslog" | "files";
  /**
   * Weeks that rotated files are kept.
   *
   * @default 52
   */
  keep?: number;
  /**
   * With `syslog`: whether the messages are kept out of /var/log/syslog.
   *
   * @default false
   */
  stopSyslogCopy?: boolean;
}

/** Public folders: below `Public/` to every mail client, with per-user read flags. */
export interface PublicFoldersArgs {
  /**
   * Folders that are made where they are missing. None is ever deleted with what is in it.
   *
   * @default []
   *
   * @example ["Announcements", "Team/Docs"]
   */
  folders?: string[];
  /**
   * Rights of the users of every domain that has none of its own.
   *
   * @default - all read; the group PublicMailboxAdmins administers
   */
  acls?: AclArgs[];
}

/**
 * Rights on public folders.
 *
 * See https://doc.dovecot.org/2.4.1/core/plugins/acl.html
 */
export interface AclArgs {
  /**
   * The folders: `Public`, or a pattern below it.
   *
   * @example "Public/*"
   */
  mailbox: string;
  /**
   * Whom the rights are for: `anyone`, `user=ADDRESS`, `group=NAME` and so on; with `-` before it, they are taken away.
   *
   * @example "group=PublicMailboxAdmins"
   */
  identifier: string;
  /**
   * The rights by their letters: l look up, r read, w write flags, s seen, t delete mails, i insert, p post, e expunge,
   * k create folders, x delete folders, a administer.
   *
   * @example "lrs"
   */
  rights: string;
}

/** One mail domain. */
export interface DomainArgs {
  /**
   * Another mail domain of this host: each of its addresses is one of this domain too, with the same rights to send.
   * Nothing else may be given then.
   *
   * @example "domain.tld"
   */
  aliasOf?: string;
  /**
   * The quota of its mailboxes.
   *
   * @default - {@link MailArgs.quota}
   */
  quota?: string;
  /**
   * Rights of its users on public folders, in place of {@link PublicFoldersArgs.acls}.
   *
   * @default - {@link PublicFoldersArgs.acls}
   */
  acls?: AclArgs[];
  /**
   * Whether its users see public folders.
   *
   * @default true
   */
  publicFolders?: boolean;
  /**
   * Local part to mailbox. Local parts are lower case.
   *
   * @default {}
   */
  mailboxes?: Record<string, MailboxArgs>;
  /**
   * Local part to alias, or just to its members. `@` stands for all addresses that are not defined; mail for a disabled
   * mailbox is refused nevertheless.
   *
   * @default {}
   */
  aliases?: Record<string, AliasArgs | string[]>;
}

/** One mailbox. */
export interface MailboxArgs {
  /**
   * Whether the mailbox takes mail and its user may log in and send.
   *
   * A disabled mailbox keeps its mail, and aliases skip it. Open sessions end; of submission those of all users.
   *
   * @default true
   */
  enabled?: boolean;
  /**
   * What it may hold, as {@link MailArgs.quota}.
   *
   * @default - {@link DomainArgs.quota}
   */
  quota?: string;
  /**
   * How its mail is stored, as {@link MailArgs.format}.
   *
   * @default - {@link MailArgs.format}
   */
  format?: MailFormat;
  /**
   * Groups that its user is in, for rights on public folders.
   *
   * @default []
   */
  aclGroups?: string[];
  /**
   * Who gets its mail too: local parts of this domain, or any addresses but those of the host itself.
   *
   * @default []
   */
  forward?: string[];
  /**
   * Whether the mailbox keeps the mail that it forwards.
   *
   * @default true
   */
  keepCopy?: boolean;
  /**
   * Further addresses that its user may send as, beside those of aliases with the user as sender: aliases, any
   * local part of a domain with a catch-all, or addresses elsewhere.
   *
   * @default []
   */
  sendAs?: string[];
  /**
   * The text of its Sieve script, which files or answers mail on arrival. It takes the place of a script that the user
   * has, and is removed when this is taken out. The host's own compiler checks it before anything is changed.
   *
   * See https://doc.dovecot.org/2.4.1/core/plugins/sieve.html
   *
   * @default - the user's own `~/.dovecot.sieve`, which is left alone
   */
  sieve?: string;
}

/** One alias. */
export interface AliasArgs {
  /**
   * Who gets the mail: a local part of this domain, or any address but those of the host itself. With all that aliases and forwards among them stand
   * for they may be 1000 addresses.
   */
  members: string[];
  /**
   * Mailboxes whose users may send as the alias: a local part of this domain, or the address of a mailbox.
   *
   * @default - its members that are mailboxes
   */
  senders?: string[];
}

/** What the DNS records say beyond the rest of the configuration. */
export interface DnsArgs {
  /**
   * Addresses of the host, as the world reaches it: its A, AAAA and PTR records.
   *
   * @default - `target.address`, where it is an address and has no `target.proxyJump`
   *
   * @example ["203.0.113.10", "2001:db8::10"]
   */
  addresses?: string[];
  /**
   * What other servers do with mail of the domains that is not proven to be theirs.
   *
   * @default {}
   */
  dmarc?: DmarcArgs;
  /**
   * Where other servers report failures of TLS, by RFC 8460.
   *
   * See https://www.rfc-editor.org/rfc/rfc8460.html
   *
   * @default []
   *
   * @example ["tls-reports@domain.tld"]
   */
  tlsReports?: string[];
  /**
   * The only certificate authorities that may issue a certificate for the host.
   *
   * See https://www.rfc-editor.org/rfc/rfc8659.html
   *
   * @default []
   *
   * @example ["letsencrypt.org"]
   */
  caa?: string[];
  /**
   * The name of a web server of yours that serves the files of the output `webFiles` by HTTPS, with a certificate for their names:
   * `autoconfig.DOMAIN` of every domain, by which mail programs set themselves up, and `mta-sts.DOMAIN` with
   * {@link mtaSts}. The records of these names are CNAMEs of it. The mail host itself has no web server.
   *
   * See https://www.ietf.org/archive/id/draft-ietf-mailmaint-autoconfig-00.html
   *
   * @default - no such records and files
   *
   * @example "www.domain.tld"
   */
  webServer?: string;
  /**
   * Whether other servers send to the domains by TLS alone, and to no host without a valid certificate (MTA-STS). `testing`: they
   * report to {@link tlsReports} what would have failed. `enforce`: they do not deliver. It needs {@link webServer}, and `enforce`
   * a certificate of an authority that everyone knows.
   *
   * See https://www.rfc-editor.org/rfc/rfc8461.html
   *
   * @default - they send as they can
   */
  mtaSts?: "testing" | "enforce";
}

/** The DMARC record of each domain. See https://www.rfc-editor.org/rfc/rfc7489.html */
export interface DmarcArgs {
  /**
   * `none`: nothing but reports. `quarantine`: it goes to the spam folder. `reject`: it is refused.
   *
   * @default "none"
   */
  policy?: "none" | "quarantine" | "reject";
  /**
   * Where other servers send their daily reports.
   *
   * @default []
   *
   * @example ["dmarc@domain.tld"]
   */
  reports?: string[];
}

/**
 * What signs mail: of users who have logged in, in the domain of their From:, and what the host itself writes, bounces and
 * answers of Sieve scripts among it. See https://www.rfc-editor.org/rfc/rfc6376.html
 */
export interface DkimArgs {
  /**
   * The name of the keys in DNS, `s1._domainkey.domain.tld`. The record of an Ed25519 key is `s1-ed25519._domainkey.domain.tld`.
   *
   * Another name makes new keys: name the one before it in {@link previous}.
   *
   * @default "s1"
   */
  selector?: string;
  /**
   * Selectors whose keys sign beside those of {@link selector}, so that mail has a good signature whether or not DNS has the
   * new records everywhere.
   *
   * @default []
   *
   * @example ["s0"]
   */
  previous?: string[];
  /**
   * The kinds of keys; each signs. `rsa` (2048 bits) is the one that all servers verify, `ed25519` a second one, for the
   * day when RSA breaks.
   *
   * @default ["rsa", "ed25519"]
   */
  algorithms?: DkimAlgorithm[];
  /**
   * `host`: all domains have the same keys. `domain`: each has its own, for hosts where domains may move away with theirs.
   *
   * The other choice makes new keys: choose another {@link selector} too.
   *
   * @default "host"
   */
  keys?: "host" | "domain";
  /**
   * Private keys that you have, in PEM form and not encrypted, by the first label of their record, or with own keys for
   * each domain by the whole name of the record. Secrets.
   *
   * @default - made with the first deployment, and kept encrypted in the state
   */
  privateKeys?: Record<string, pulumi.Input<string>>;
}

/** What every source of key and certificate has in common. */
export interface CommonTlsArgs {
  /**
   * Further names that clients use for the host; the certificate covers them beside {@link MailHostArgs.hostname}.
   *
   * @default []
   */
  names?: string[];
  /**
   * Oldest protocol for users, on all ports but 25.
   *
   * Port 25 stays at TLSv1.2: a sending server that cannot do TLSv1.3 would otherwise send in clear.
   *
   * @default "TLSv1.2"
   */
  minimumProtocol?: "TLSv1.2" | "TLSv1.3";
}

/** A key and certificate of the host's own, signed by a certificate authority of its own. */
export interface SelfSignedTlsArgs extends CommonTlsArgs {
  /** @default "self-signed" */
  source?: "self-signed";
}

/** A key and certificate that you have. */
export interface PemTlsArgs extends CommonTlsArgs {
  source: "pem";
  /** The certificate of the host, then those of the authorities between it and the root, in PEM form. */
  certificateChain: pulumi.Input<string>;
  /** The key of the certificate, in PEM form and not encrypted. A secret. */
  privateKey: pulumi.Input<string>;
}

/**
 * A key and certificate in files on the host, written and renewed by another program, such as certbot.
 *
 * A preview fails where they are missing or do not fit. Renewed files are served after the next `up`, or once their
 * owner has run `doveadm reload` and `postfix reload`, whatever becomes of the other.
 */
export interface FilesTlsArgs extends CommonTlsArgs {
  source: "files";
  /**
   * The certificate of the host, then those of the authorities between it and the root, in PEM form. It may be a link.
   *
   * See https://doc.dovecot.org/2.4.1/core/summaries/settings.html#ssl_server_cert_file
   *
   * @example "/etc/letsencrypt/live/mail.domain.tld/fullchain.pem"
   */
  certificateFile: string;
  /**
   * The key of the certificate, in PEM form and not encrypted, readable by root. It never leaves the host.
   *
   * See https://www.postfix.org/postconf.5.html#smtpd_tls_chain_files
   *
   * @example "/etc/letsencrypt/live/mail.domain.tld/privkey.pem"
   */
  privateKeyFile: string;
}

/**
 * A key and certificate that the host obtains and renews itself, of an authority that speaks ACME, such as Let's Encrypt.
 *
 * The first one is there, and served, at the end of the first `up`; other names bring another one in the same `up`. This accepts the
 * authority's terms of service. Key and account stay on the host. See https://www.rfc-editor.org/rfc/rfc8555.html
 */
export interface AcmeTlsArgs extends CommonTlsArgs {
  source: "acme";
  /**
   * The address of the account at the authority, which may write to it.
   *
   * @example "postmaster@domain.tld"
   */
  email: string;
  /**
   * The URL of the authority's directory. Try the staging one of Let's Encrypt first: its limits are wide, and no client trusts
   * its certificates.
   *
   * See https://letsencrypt.org/docs/staging-environment/
   *
   * @default - "https://acme-v02.api.letsencrypt.org/directory", Let's Encrypt
   *
   * @example "https://acme-staging-v02.api.letsencrypt.org/directory"
   */
  directory?: string;
  /**
   * How the host proves that its names are its own. `http`: the authority visits each name on port 80, where something listens
   * during the challenge alone. `dns`: records are made at a DNS provider, by its name in lego, with the credentials in
   * {@link environment}.
   *
   * See https://letsencrypt.org/docs/challenge-types/
   *
   * @default - "http"
   *
   * @example { "dns": "hetzner" }
   */
  challenge?: "http" | AcmeDnsChallengeArgs;
  /**
   * The authority that the directory's own HTTPS certificate is of, in PEM form: for an authority of a company, such as step-ca.
   *
   * @default - those that Debian trusts (ca-certificates)
   */
  directoryCertificateAuthority?: string;
  /**
   * Environment variables that lego takes the credentials of the DNS provider from. Secrets. On the host they are in a file for root
   * alone.
   *
   * See https://go-acme.github.io/lego/dns/
   *
   * @example { "HETZNER_API_KEY": "..." }
   */
  environment?: Record<string, pulumi.Input<string>>;
}

/** The challenge by DNS records. */
export interface AcmeDnsChallengeArgs {
  /** The DNS provider, by its name in lego. */
  dns: string;
}

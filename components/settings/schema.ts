import type * as pulumi from "@pulumi/pulumi";
import * as z from "zod";
import { daemons, packagesOf } from "../../shared/daemons/registry.ts";
import { dkimAlgorithms } from "../../shared/dkim/dkimKey.ts";
import { defaultAcls } from "../../shared/model/acl.ts";
import { autoModes, specialUses } from "../../shared/model/defaultFolder.ts";
import { mailFormats } from "../../shared/model/mailFormat.ts";
import { quotaBytes } from "../../shared/model/quota.ts";
import { releaseNames } from "../../shared/releases/releases.ts";
import { dovecotSettings, postfixParameters } from "./extraSettings.ts";
import { expansionLimit } from "./limits.ts";
import * as names from "./names.ts";
import { addressAllowed, isAddress, isNetwork, networkAllowed } from "./networks.ts";
import { list, mapping, oneOf, text, wholeNumber, withoutDoubles } from "./shape.ts";

const trueOrFalse = () => z.boolean({ error: "true or false" });
const quotaAllowed = 'a whole number above 0 with K, M, G or T, such as "5G", less than 8192T in all, or "unlimited"';
const quota = z
  .string({ error: quotaAllowed })
  .refine((value) => quotaBytes(value) !== undefined, { error: quotaAllowed });
const format = oneOf(mailFormats);

const specialUse = oneOf(specialUses);
const defaultFolder = mapping({
  name: text(names.mailboxFolder, names.mailboxFolderAllowed),
  specialUse: specialUse.exactOptional(),
  auto: oneOf(autoModes).default("subscribe"),
});
const defaultFolders = withoutDoubles(
  withoutDoubles(
    z.array(defaultFolder, { error: "a list of mappings with name, specialUse, auto" }),
    ({ name }) => name,
    "name",
  ),
  ({ specialUse }) => specialUse,
  "specialUse",
).default(specialUses.map((use) => ({ name: use, specialUse: use, auto: "subscribe" })));

const sieveAllowed = "the text of a Sieve script";

const mailbox = mapping({
  enabled: trueOrFalse().default(true),
  quota: quota.exactOptional(),
  format: format.exactOptional(),
  aclGroups: list(text(names.aclGroup, names.aclGroupAllowed), "a list of groups").default([]),
  forward: list(text(names.member, names.memberAllowed), "a list of addresses")
    .max(expansionLimit, { error: `a list of at most ${expansionLimit} addresses` })
    .default([]),
  keepCopy: trueOrFalse().default(true),
  sendAs: list(text(names.senderAddress, names.senderAddressAllowed), "a list of addresses").default([]),
  sieve: z
    .string({ error: sieveAllowed })
    .refine((script) => script.trim() !== "" && !script.includes("\0"), { error: sieveAllowed })
    .exactOptional(),
});

const members = list(text(names.member, names.memberAllowed), "a list of members")
  .min(1, { error: "a list of at least one member" })
  .max(expansionLimit, { error: `a list of at most ${expansionLimit} members` });
const senders = list(text(names.member, names.memberAllowed), "a list of mailboxes");
const alias = z.union([members, mapping({ members, senders: senders.exactOptional() })], {
  error: "a list of members, or a mapping with members, senders",
});

/** Nothing behind the colon, in YAML, stands for all defaults. */
function orDefaults<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value) => value ?? {}, schema);
}

function byLocalPart<Schema extends z.ZodType>(key: z.ZodString, schema: Schema, noun: string) {
  return z.record(key, schema, { error: `a mapping of local part to ${noun}` });
}

const acl = mapping({
  mailbox: text(names.aclMailbox, names.aclMailboxAllowed),
  identifier: text(names.aclIdentifier, names.aclIdentifierAllowed),
  rights: text(names.aclRights, names.aclRightsAllowed),
});
const acls = withoutDoubles(
  z.array(acl, { error: "a list of mappings with mailbox, identifier, rights" }),
  ({ mailbox, identifier }) => `${mailbox} ${identifier}`,
  "mailbox and identifier",
);

const domain = mapping({
  aliasOf: text(names.domainName, names.domainNameAllowed).exactOptional(),
  mailboxes: orDefaults(byLocalPart(text(names.localPart, names.localPartAllowed), orDefaults(mailbox), "mailbox")),
  aliases: orDefaults(byLocalPart(text(names.aliasName, names.aliasNameAllowed), alias, "alias")),
  quota: quota.exactOptional(),
  acls: acls.exactOptional(),
  publicFolders: trueOrFalse().default(true),
});

const domains = z
  .record(text(names.domainName, names.domainNameAllowed), orDefaults(domain), {
    error: "a mapping of mail domain to its mailboxes and aliases",
  })
  .refine((domains) => Object.keys(domains).length > 0, { error: "a mapping with at least one mail domain" });

const hostName = text(names.domainName, 'a fully qualified host name in lower case, such as "mail.domain.tld"');
const address = z.string({ error: addressAllowed }).refine(isAddress, { error: addressAllowed });
const reportAddresses = list(
  text(names.mailAddress, 'an address, such as "dmarc@domain.tld"'),
  "a list of addresses",
).default([]);
const network = z.string({ error: networkAllowed }).refine(isNetwork, { error: networkAllowed });
const listenAddresses = list(address, "a list of addresses").default([]);

const selector = text(names.dkimSelector, names.dkimSelectorAllowed);
const dkim = mapping({
  selector: selector.default("s1"),
  previous: list(selector, "a list of selectors").default([]),
  algorithms: list(oneOf(dkimAlgorithms), "a list of algorithms")
    .min(1, { error: "a list of at least one algorithm" })
    .default([...dkimAlgorithms]),
  keys: oneOf(["host", "domain"]).default("host"),
  privateKeys: z
    .record(z.string(), z.custom<pulumi.Input<string>>(), { error: "a mapping of key to its text in PEM form" })
    .default({}),
});

const challenge = z.union([z.literal("http"), mapping({ dns: z.string({ error: names.dnsProviderAllowed }) })], {
  error: '"http", or a mapping with dns',
});

const authMechanisms = z
  .array(oneOf(["plain", "login"]), { error: "a list of mechanisms" })
  .min(1, { error: "a list of at least one mechanism" })
  .refine((mechanisms) => new Set(mechanisms).size === mechanisms.length, { error: "a list of different mechanisms" })
  .default(["plain"]);
const packageVersion = text(
  /^[A-Za-z0-9][A-Za-z0-9.+:~*-]*$/,
  'a version as apt takes it, such as "1:2.4.1+dfsg1-6+deb13u7" or "1:2.4.1*"',
);
const debianPackages = [...new Set(releaseNames.flatMap((release) => packagesOf(daemons, release)))];

const packagesAllowed = `a mapping of package to version (packages: ${debianPackages.join(", ")})`;

/**
 * The plain part of `MailHostArgs`, defaults included. Of what may be an output only
 * texts of `tls` and the keys of `dkim` are here; they are passed through.
 */
export const settingsSchema = mapping({
  hostname: hostName,
  platform: z.literal("debian", { error: '"debian" ("docker" is not supported yet)' }).default("debian"),
  release: oneOf(releaseNames).default("debian13"),
  inetProtocols: oneOf(["ipv4", "all"]).default("ipv4"),
  postfix: orDefaults(
    mapping({
      listenAddresses,
      mynetworks: list(network, "a list of networks").default(["127.0.0.0/8"]),
      submissions: trueOrFalse().default(false),
      clientAddressInHeaders: trueOrFalse().default(false),
      fromHeader: oneOf(["reject", "allow"]).exactOptional(),
      srs: trueOrFalse().default(false),
      parameters: orDefaults(postfixParameters),
    }),
  ),
  dovecot: orDefaults(
    mapping({
      listenAddresses,
      imaps: trueOrFalse().default(false),
      mailMaxUseripConnections: wholeNumber(1, 10_000, "a number of connections").default(100),
      authMechanisms,
      settings: orDefaults(dovecotSettings),
    }),
  ),
  packages: orDefaults(z.partialRecord(z.enum(debianPackages), packageVersion, { error: packagesAllowed })),
  mail: mapping({
    format: format.default("maildir"),
    quota: quota.default("1G"),
    trashExtraPercent: wholeNumber(0, 1000, "percent").default(10),
    defaultFolders,
    // From what RFC 5321, 4.5.3.1.7 asks of every server to what fits a signed 32-bit number.
    messageSizeLimit: wholeNumber(65_536, 2_147_483_647, "a size in bytes").default(20_480_000),
    postmaster: text(names.mailAddress, 'the address of a mailbox, such as "alice@domain.tld"'),
    recipientDelimiter: text(/^(?!.*(.).*\1)[-+=._]*$/, "made of + - = . _, each at most once").default(""),
  }),
  domains,
  logging: orDefaults(
    mapping({
      method: oneOf(["syslog", "files"]).default("syslog"),
      keep: wholeNumber(1, 5200, "a number of weeks").default(52),
      stopSyslogCopy: trueOrFalse().default(false),
    }),
  ),
  publicFolders: orDefaults(
    mapping({
      folders: list(text(names.folder, names.folderAllowed), "a list of folders").default([]),
      acls: acls.default(defaultAcls.map((acl) => ({ ...acl }))),
    }),
  ),
  tls: orDefaults(
    mapping({
      source: oneOf(["self-signed", "pem", "files", "acme"]).default("self-signed"),
      names: list(hostName, "a list of host names").default([]),
      minimumProtocol: oneOf(["TLSv1.2", "TLSv1.3"]).default("TLSv1.2"),
      certificateChain: z.custom<pulumi.Input<string>>().optional(),
      privateKey: z.custom<pulumi.Input<string>>().optional(),
      // validateTls checks these: what is wrong by its shape counts as missing there.
      certificateFile: z.string({ error: names.hostFileAllowed }).exactOptional(),
      privateKeyFile: z.string({ error: names.hostFileAllowed }).exactOptional(),
      challenge: challenge.exactOptional(),
      environment: z.custom<Readonly<Record<string, pulumi.Input<string>>>>().optional(),
      email: z.string({ error: names.mailAddressAllowed }).exactOptional(),
      directory: text(names.httpsUrl, names.httpsUrlAllowed).exactOptional(),
      directoryCertificateAuthority: text(
        /^-----BEGIN CERTIFICATE-----\n/,
        "a certificate in PEM form (-----BEGIN CERTIFICATE-----)",
      ).exactOptional(),
    }),
  ),
  dns: orDefaults(
    mapping({
      addresses: list(address, "a list of addresses").exactOptional(),
      dmarc: orDefaults(
        mapping({
          policy: oneOf(["none", "quarantine", "reject"]).default("none"),
          reports: reportAddresses,
        }),
      ),
      tlsReports: reportAddresses,
      caa: list(hostName, "a list of certificate authorities").default([]),
      webServer: hostName.exactOptional(),
      mtaSts: oneOf(["testing", "enforce"]).exactOptional(),
    }),
  ),
  dkim: z.preprocess((value) => (value === null ? {} : value), dkim.optional()).optional(),
  acceptanceCheck: trueOrFalse().default(true),
});

/** The same for what is left of settings that have mistakes. */
export const readableSchema = settingsSchema.partial().extend({ mail: settingsSchema.shape.mail.partial().optional() });
/** A mailbox of which nothing is said. */
export const defaultMailbox = mailbox.parse({});

/** The plain part of `MailHostArgs` with all defaults filled in. */
export type Settings = z.output<typeof settingsSchema>;
/** What could be read of settings that have mistakes. */
export type ReadableSettings = z.output<typeof readableSchema>;
export type DomainsSettings = Settings["domains"];
export type DomainSettings = DomainsSettings[string];
export type AclSettings = z.output<typeof acl>;
export type AliasSettings = DomainSettings["aliases"][string];

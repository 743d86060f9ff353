import type * as pulumi from "@pulumi/pulumi";
import * as z from "zod";
import * as names from "./names.ts";
import { addressAllowed, isAddress, isNetwork, networkAllowed } from "./networks.ts";
import { list, mapping, oneOf, text, wholeNumber } from "./shape.ts";

const trueOrFalse = () => z.boolean({ error: "true or false" });

const mailbox = mapping({ enabled: trueOrFalse().default(true) });

const members = list(text(names.member, names.memberAllowed), "a list of members")
  .min(1, { error: "a list of at least one member" })
  // virtual_alias_expansion_limit of Postfix: mail to a longer alias is deferred until it bounces
  .max(1000, { error: "a list of at most 1000 members" });
const senders = list(text(names.member, names.memberAllowed), "a list of mailboxes");
const alias = z.union([members, mapping({ members, senders: senders.exactOptional() })], {
  error: "a list of members, or a mapping with members, senders",
});

/** Nothing behind the colon, in YAML, stands for all defaults. */
function orDefaults<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value) => value ?? {}, schema);
}

function byLocalPart<Schema extends z.ZodType>(schema: Schema, noun: string) {
  return z.record(text(names.localPart, names.localPartAllowed), schema, {
    error: `a mapping of local part to ${noun}`,
  });
}

const domain = mapping({
  mailboxes: orDefaults(byLocalPart(orDefaults(mailbox), "mailbox")),
  aliases: orDefaults(byLocalPart(alias, "alias")),
});

const domains = z
  .record(text(names.domainName, names.domainNameAllowed), orDefaults(domain), {
    error: "a mapping of mail domain to its mailboxes and aliases",
  })
  .refine((domains) => Object.keys(domains).length > 0, { error: "a mapping with at least one mail domain" });

const hostName = text(names.domainName, 'a fully qualified host name in lower case, such as "mail.domain.tld"');
const address = z.string({ error: addressAllowed }).refine(isAddress, { error: addressAllowed });
const network = z.string({ error: networkAllowed }).refine(isNetwork, { error: networkAllowed });
const listenAddresses = list(address, "a list of addresses").default([]);

/**
 * The plain part of `MailHostArgs`, defaults included. Of what may be an output only
 * the two texts of `tls` are here; they are passed through.
 */
export const settingsSchema = mapping({
  hostname: hostName,
  platform: z.literal("debian", { error: '"debian" ("docker" is not supported yet)' }).default("debian"),
  release: z.literal("debian13", { error: '"debian13" ("debian12" is not supported yet)' }).default("debian13"),
  inetProtocols: oneOf(["ipv4", "all"]).default("ipv4"),
  postfix: orDefaults(
    mapping({ listenAddresses, mynetworks: list(network, "a list of networks").default(["127.0.0.0/8"]) }),
  ),
  dovecot: orDefaults(mapping({ listenAddresses })),
  mail: mapping({
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
      stopSyslogCopy: z.boolean({ error: "true or false" }).default(false),
    }),
  ),
  tls: orDefaults(
    mapping({
      source: oneOf(["self-signed", "pem"]).default("self-signed"),
      names: list(hostName, "a list of host names").default([]),
      minimumProtocol: oneOf(["TLSv1.2", "TLSv1.3"]).default("TLSv1.2"),
      certificateChain: z.custom<pulumi.Input<string>>().optional(),
      privateKey: z.custom<pulumi.Input<string>>().optional(),
    }),
  ),
  acceptanceCheck: trueOrFalse().default(true),
});

/** The plain part of `MailHostArgs` with all defaults filled in. */
export type Settings = z.output<typeof settingsSchema>;
/** What could be read of settings that have mistakes. */
export type ReadableSettings = { readonly [Key in keyof Settings]?: Settings[Key] | undefined };
export type DomainsSettings = Settings["domains"];
export type DomainSettings = DomainsSettings[string];
export type AliasSettings = DomainSettings["aliases"][string];

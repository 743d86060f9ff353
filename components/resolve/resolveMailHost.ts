import { mailRoot } from "../../shared/accounts.ts";
import { dkimKeys } from "../../shared/dkim/dkimKey.ts";
import { noAcls } from "../../shared/model/acl.ts";
import { splitAddress } from "../../shared/model/address.ts";
import { resolveParameters } from "../../shared/model/postfixParameters.ts";
import { quotaBytes } from "../../shared/model/quota.ts";
import type {
  ResolvedAcme,
  ResolvedAlias,
  ResolvedDomain,
  ResolvedMailbox,
  ResolvedMailHost,
} from "../../shared/model/resolvedMailHost.ts";
import { acmeCertificateFile, certificateFile as bundleFile } from "../../shared/paths.ts";
import { releases } from "../../shared/releases/releases.ts";
import type { AddressBook, CompleteAlias } from "../addresses/addressBook.ts";
import type { DomainSettings, Settings } from "../settings/schema.ts";
import type { ValidSettings } from "../validation/validateMailHost.ts";

/** Turns valid settings into the model that everything on the host is rendered from. */
export function resolveMailHost({ settings, book }: ValidSettings): ResolvedMailHost {
  const { hostname, release, inetProtocols, postfix, dovecot, mail, publicFolders, logging, tls, dkim } = settings;
  const domains = resolveDomains(settings, book);
  const acme = resolveAcme(settings);
  const ownFile = acme === undefined ? bundleFile : acmeCertificateFile;
  return {
    hostname,
    release: releases[release],
    inetProtocols,
    postfix: { ...postfix, parameters: resolveParameters(postfix.parameters) },
    dovecot,
    mail: {
      format: mail.format,
      quota: mail.quota,
      trashExtraPercent: mail.trashExtraPercent,
      defaultFolders: mail.defaultFolders,
    },
    publicFolders: publicFolders.folders.toSorted(),
    messageSizeLimit: mail.messageSizeLimit,
    postmaster: mail.postmaster,
    recipientDelimiter: mail.recipientDelimiter,
    minimumProtocol: tls.minimumProtocol,
    certificateFile: tls.certificateFile ?? ownFile,
    privateKeyFile: tls.privateKeyFile ?? ownFile,
    acme,
    logging,
    // Bounces are of the host itself.
    dkim: dkim === undefined ? [] : dkimKeys(dkim, [hostname, ...domains.map(({ name }) => name)]),
    senders: resolveSenders(domains, book),
    domains,
  };
}

/** What is not given of the settings of ACME is that of Let's Encrypt and HTTP. */
function resolveAcme({ hostname, tls }: Pick<Settings, "hostname" | "tls">): ResolvedAcme | undefined {
  const { source, email, directory, challenge = "http", directoryCertificateAuthority, names } = tls;
  if (source !== "acme" || email === undefined) return undefined;
  return {
    directory: directory ?? "https://acme-v02.api.letsencrypt.org/directory",
    email,
    names: [hostname, ...names.filter((name) => name !== hostname)],
    dnsProvider: challenge === "http" ? undefined : challenge.dns,
    directoryCertificateAuthority,
  };
}

/** Each address and the mailboxes with the right to send as it. An address without owner is not in it. */
function resolveSenders(domains: readonly ResolvedDomain[], book: AddressBook): Map<string, readonly string[]> {
  const owners = new Map<string, string[]>();
  const add = (address: string, mailbox: string) => {
    const known = owners.get(address);
    if (known === undefined) owners.set(address, [mailbox]);
    else if (!known.includes(mailbox)) known.push(mailbox);
  };
  // Also of an alias without recipient: it may be there to send from.
  for (const [address, { senders }] of book.aliases) {
    for (const sender of senders) if (book.isEnabledMailbox(sender)) add(address, sender);
  }
  for (const [address, { enabled, sendAs }] of book.mailboxes) {
    if (enabled) for (const other of [address, ...sendAs]) add(other, address);
  }
  for (const { name, aliasOf } of domains) {
    if (aliasOf === undefined) continue;
    for (const [address, mailboxes] of [...owners]) {
      const { localPart, domain } = splitAddress(address);
      if (domain === aliasOf) for (const mailbox of mailboxes) add(`${localPart}@${name}`, mailbox);
    }
  }
  for (const mailboxes of owners.values()) mailboxes.sort();
  return owners;
}

function resolveDomains({ domains, mail, publicFolders }: Settings, book: AddressBook): ResolvedDomain[] {
  const aliases = Map.groupBy(book.aliases, ([address]) => splitAddress(address).domain);
  return Object.entries(domains)
    .map(([name, own]) => ({
      name,
      acls: own.publicFolders ? (own.acls ?? publicFolders.acls) : noAcls,
      aliasOf: own.aliasOf,
      mailboxes: resolveMailboxes(name, own, mail, book),
      aliases: resolveAliases(aliases.get(name) ?? [], book),
      ...resolveCatchAll(name, book),
    }))
    .sort((a, b) => compare(a.name, b.name));
}

function resolveCatchAll(domain: string, book: AddressBook): Pick<ResolvedDomain, "catchAll" | "refused"> {
  const catchAll = (book.catchAlls.get(domain) ?? []).filter((member) => book.isReachable(member)).sort();
  if (catchAll.length === 0) return { catchAll, refused: [] };
  const defined = book.localParts(domain).map((localPart) => `${localPart}@${domain}`);
  return { catchAll, refused: defined.filter((address) => !book.isReachable(address)).sort() };
}

function resolveForward(address: string, book: AddressBook): string[] {
  const { enabled = false, forward = [], keepCopy = true } = book.mailboxes.get(address) ?? {};
  const others = forward.filter((other) => book.isReachable(other));
  // Without another recipient, the mailbox keeps its mail.
  if (!enabled || others.length === 0) return [];
  return (keepCopy ? [address, ...others] : others).sort();
}

function resolveMailboxes(
  domain: string,
  own: DomainSettings,
  mail: Settings["mail"],
  book: AddressBook,
): ResolvedMailbox[] {
  return Object.entries(own.mailboxes)
    .map(([localPart, { enabled, quota = own.quota ?? mail.quota, format = mail.format, aclGroups, sieve }]) => ({
      address: `${localPart}@${domain}`,
      home: `${mailRoot}/${domain}/${localPart}`,
      enabled,
      forward: resolveForward(`${localPart}@${domain}`, book),
      quota: quotaBytes(quota) === quotaBytes(mail.quota) ? undefined : quota,
      format: format === mail.format ? undefined : format,
      aclGroups,
      sieve: sieve?.replace(/\n*$/, "\n"),
    }))
    .sort((a, b) => compare(a.address, b.address));
}

function resolveAliases(aliases: readonly (readonly [string, CompleteAlias])[], book: AddressBook): ResolvedAlias[] {
  return (
    aliases
      .map(([address, { members }]) => ({
        address,
        members: members.filter((member) => book.isReachable(member)).sort(),
      }))
      // Nobody is left: refused at RCPT like every unknown address, instead of accepted and bounced.
      .filter(({ members }) => members.length > 0)
      .sort((a, b) => compare(a.address, b.address))
  );
}

/** The same order on every machine, whatever its locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

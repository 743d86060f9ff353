import { mailRoot } from "../accounts.ts";
import { releaseTraits } from "../release.ts";
import type { DomainSettings, Settings } from "../validation/settings.ts";
import { splitAddress } from "./address.ts";
import { AddressBook, type CompleteAlias } from "./addressBook.ts";
import { quotaBytes } from "./quota.ts";
import type { ResolvedAlias, ResolvedDomain, ResolvedMailbox, ResolvedMailHost } from "./resolvedMailHost.ts";

/** Turns valid settings into the model that everything on the host is rendered from. */
export function resolveMailHost(settings: Settings): ResolvedMailHost {
  const { hostname, release, inetProtocols, postfix, dovecot, mail, publicFolders, logging, tls } = settings;
  return {
    hostname,
    release: releaseTraits[release],
    inetProtocols,
    postfix,
    dovecot,
    mail: { format: mail.format, quota: mail.quota, trashExtraPercent: mail.trashExtraPercent },
    publicFolders: publicFolders.folders.toSorted(),
    messageSizeLimit: mail.messageSizeLimit,
    postmaster: mail.postmaster,
    recipientDelimiter: mail.recipientDelimiter,
    minimumProtocol: tls.minimumProtocol,
    logging,
    domains: resolveDomains(settings),
  };
}

function resolveDomains({ domains, mail, publicFolders }: Settings): ResolvedDomain[] {
  const book = new AddressBook(domains, mail.postmaster);
  const aliases = Map.groupBy(book.aliases, ([address]) => splitAddress(address).domain);
  return Object.entries(domains)
    .map(([name, own]) => ({
      name,
      acls: own.publicFolders ? (own.acls ?? publicFolders.acls) : [],
      mailboxes: resolveMailboxes(name, own, mail),
      aliases: resolveAliases(aliases.get(name) ?? [], book),
    }))
    .sort((a, b) => compare(a.name, b.name));
}

function resolveMailboxes(domain: string, own: DomainSettings, mail: Settings["mail"]): ResolvedMailbox[] {
  return Object.entries(own.mailboxes)
    .map(([localPart, { enabled, quota = own.quota ?? mail.quota, format = mail.format, aclGroups, sieve }]) => ({
      address: `${localPart}@${domain}`,
      home: `${mailRoot}/${domain}/${localPart}`,
      enabled,
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
      .map(([address, { members, senders }]) => ({
        address,
        members: members.filter((member) => book.isReachable(member)).sort(),
        senders: senders.filter((sender) => book.isEnabledMailbox(sender)).sort(),
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

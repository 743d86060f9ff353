import { mailRoot } from "../accounts.ts";
import { releaseTraits } from "../release.ts";
import type { DomainSettings, Settings } from "../validation/settings.ts";
import { AddressBook } from "./addressBook.ts";
import type { ResolvedAlias, ResolvedDomain, ResolvedMailbox, ResolvedMailHost } from "./resolvedMailHost.ts";

/** Turns valid settings into the model that everything on the host is rendered from. */
export function resolveMailHost(settings: Settings): ResolvedMailHost {
  const { hostname, release, inetProtocols, postfix, dovecot, mail, tls, domains } = settings;
  const book = new AddressBook(domains);
  return {
    hostname,
    release: releaseTraits[release],
    inetProtocols,
    postfix,
    dovecot,
    messageSizeLimit: mail.messageSizeLimit,
    postmaster: mail.postmaster,
    recipientDelimiter: mail.recipientDelimiter,
    minimumProtocol: tls.minimumProtocol,
    domains: Object.entries(domains)
      .map(
        ([name, own]): ResolvedDomain => ({
          name,
          mailboxes: resolveMailboxes(name, own),
          aliases: resolveAliases(name, own, book, mail.postmaster),
        }),
      )
      .sort((a, b) => compare(a.name, b.name)),
  };
}

function resolveMailboxes(domain: string, { mailboxes }: DomainSettings): ResolvedMailbox[] {
  return Object.entries(mailboxes)
    .map(([localPart, { enabled }]) => ({
      address: `${localPart}@${domain}`,
      home: `${mailRoot}/${domain}/${localPart}`,
      enabled,
    }))
    .sort((a, b) => compare(a.address, b.address));
}

/** Local parts that every mail domain must have: RFC 5321, 4.5.1 and RFC 2142, 2. */
const roleAccounts = ["abuse", "postmaster"];

function resolveAliases(
  domain: string,
  { aliases }: DomainSettings,
  book: AddressBook,
  postmaster: string,
): ResolvedAlias[] {
  const own = Object.keys(aliases)
    .map((localPart) => resolveAlias(`${localPart}@${domain}`, book))
    // Nobody is left: refused at RCPT like every unknown address, instead of accepted and bounced.
    .filter(({ members }) => members.length > 0);
  const roles = roleAccounts
    .map((localPart) => `${localPart}@${domain}`)
    .filter((address) => !book.isDefined(address))
    .map((address) => ({ address, members: [postmaster], senders: [postmaster] }));
  return [...own, ...roles].sort((a, b) => compare(a.address, b.address));
}

function resolveAlias(address: string, book: AddressBook): ResolvedAlias {
  const { members, senders } = book.aliases.get(address) ?? { members: [], senders: [] };
  return {
    address,
    members: members.filter((member) => book.isReachable(member)).sort(),
    senders: senders.filter((sender) => book.isEnabledMailbox(sender)).sort(),
  };
}

/** The same order on every machine, whatever its locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

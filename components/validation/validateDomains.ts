import type { AddressBook } from "../addresses/addressBook.ts";
import { type Problem, problem } from "../settings/problem.ts";
import type { DomainSettings, DomainsSettings } from "../settings/schema.ts";
import { show } from "../settings/shape.ts";
import { didYouMean } from "../settings/spelling.ts";
import { validateAcls } from "./validateAcls.ts";
import { validateAliases, validateForwarding } from "./validateAliases.ts";
import { validateLoops } from "./validateLoops.ts";

/** Names of directories below the mail root, which hold passwd and ACL files and would be taken for a domain's. */
const reserved = ["auth.d", "conf.d"];

/** What is wrong with the domains beyond their shape. */
export function validateDomains(domains: DomainsSettings, book: AddressBook): Problem[] {
  const ofDomains = Object.entries(domains).flatMap(([name, domain]) => [
    ...validateDomainName(name),
    ...validateHiddenAcls(name, domain),
    ...validateAcls(domain.acls ?? [], book, ["domains", name, "acls"]),
    ...validateAliasDomain(name, domain, domains, book),
    ...validateAliases(name, domain, book),
    ...validateForwarding(name, domain, book),
  ]);
  return [...ofDomains, ...validateLoops(domains, book)];
}

/** A domain of the same addresses as another one has none of its own. */
function validateAliasDomain(
  name: string,
  domain: DomainSettings,
  domains: DomainsSettings,
  book: AddressBook,
): Problem[] {
  const { aliasOf, mailboxes, aliases, quota, acls, publicFolders } = domain;
  if (aliasOf === undefined) return [];
  const path = ["domains", name];
  const target = Object.hasOwn(domains, aliasOf) ? domains[aliasOf] : undefined;
  const own = Object.entries({
    mailboxes: Object.keys(mailboxes).length > 0,
    aliases: Object.keys(aliases).length > 0,
    quota: quota !== undefined,
    acls: acls !== undefined,
    publicFolders: !publicFolders,
  }).flatMap(([key, isGiven]) => (isGiven ? [key] : []));
  const others = Object.keys(domains).filter((other) => other !== name);
  return [
    ...(target === undefined && !book.mayBeUnread(aliasOf)
      ? [problem([...path, "aliasOf"], `${show(aliasOf)} is no domain of this host${didYouMean(aliasOf, others)}`)]
      : []),
    ...(target?.aliasOf === undefined
      ? []
      : [
          problem(
            [...path, "aliasOf"],
            `${show(aliasOf)} is an alias itself, of ${show(target.aliasOf)}; name that one`,
          ),
        ]),
    ...own.map((key) =>
      problem([...path, key], `is not for a domain with aliasOf, which has the addresses of ${aliasOf}`),
    ),
  ];
}

/** Rights on folders that no user of the domain sees. */
function validateHiddenAcls(name: string, { acls, publicFolders }: DomainSettings): Problem[] {
  if (acls === undefined || publicFolders) return [];
  return [problem(["domains", name, "acls"], "has no effect with publicFolders: false; take one of the two out")];
}

function validateDomainName(name: string): Problem[] {
  if (!reserved.includes(name)) return [];
  return [
    problem(
      ["domains", name],
      `is taken: /var/vmail/${name} holds files of Dovecot; no domain may be ${reserved.join(" or ")}`,
    ),
  ];
}

import { AddressBook } from "../model/addressBook.ts";
import { type Problem, problem } from "./problem.ts";
import type { DomainSettings, DomainsSettings } from "./settings.ts";
import { validateAliases } from "./validateAliases.ts";

/** Names of directories below the mail root, which hold passwd and ACL files and would be taken for a domain's. */
const reserved = ["auth.d", "conf.d"];

/** What is wrong with the domains beyond their shape. */
export function validateDomains(domains: DomainsSettings): Problem[] {
  const book = new AddressBook(domains);
  return Object.entries(domains).flatMap(([name, domain]) => [
    ...validateDomainName(name),
    ...validateAcls(name, domain),
    ...validateAliases(name, domain, book),
  ]);
}

/** Rights on folders that nobody of the domain sees. */
function validateAcls(name: string, { acls, publicFolders }: DomainSettings): Problem[] {
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

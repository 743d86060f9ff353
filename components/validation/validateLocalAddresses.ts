import { localDomains, splitAddress } from "../../shared/model/address.ts";
import { longForm } from "../addresses/longForm.ts";
import { type Path, type Problem, problem } from "../settings/problem.ts";
import type { DomainsSettings } from "../settings/schema.ts";
import { show } from "../settings/shape.ts";

/** Addresses of the host itself where mail is sent on to or sent as: it would bounce, or go to root and come back. */
export function validateLocalAddresses(hostname: string, domains: DomainsSettings): Problem[] {
  const local = localDomains(hostname).filter((name) => !Object.hasOwn(domains, name));
  const validate = (addresses: readonly string[], path: Path): Problem[] =>
    addresses.flatMap((address, index) =>
      local.includes(splitAddress(address).domain)
        ? [
            problem(
              [...path, index],
              `${show(address)} is of the host itself, whose mail goes to no mailbox; use an address of a domain of mailhost:domains`,
            ),
          ]
        : [],
    );
  return Object.entries(domains).flatMap(([domain, { mailboxes, aliases }]) => [
    ...Object.entries(mailboxes).flatMap(([localPart, mailbox]) =>
      (["forward", "sendAs"] as const).flatMap((list) =>
        validate(mailbox[list], ["domains", domain, "mailboxes", localPart, list]),
      ),
    ),
    ...Object.entries(aliases).flatMap(([localPart, alias]) => {
      const path = ["domains", domain, "aliases", localPart];
      return validate(longForm(alias).members, Array.isArray(alias) ? path : [...path, "members"]);
    }),
  ]);
}

import { localDomains } from "../../shared/model/address.ts";
import type { AddressBook } from "../addresses/addressBook.ts";
import { type Problem, problem } from "../settings/problem.ts";
import type { DomainsSettings, ReadableSettings } from "../settings/schema.ts";
import { show } from "../settings/shape.ts";
import { didYouMean } from "../settings/spelling.ts";

type ReadableMail = NonNullable<ReadableSettings["mail"]>;

/** Whether the host name and the mail domains keep apart: Postfix delivers to each in its own way. */
export function validateHostname(hostname: string, domains: DomainsSettings): Problem[] {
  return localDomains(hostname)
    .filter((name) => Object.hasOwn(domains, name))
    .map((name) =>
      problem(
        ["domains", name],
        name === hostname
          ? `${show(name)} is the host's own name, whose mail goes to the host's own users; give the host a name of its own, such as "mail.${name}"`
          : `${show(name)} is a local name of the host ${show(hostname)} and cannot be a mail domain`,
      ),
    );
}

/** Whether what is set for all mail fits the domains. */
export function validateMail(mail: ReadableMail, domains: DomainsSettings, book: AddressBook): Problem[] {
  return [...validatePostmaster(mail.postmaster, book), ...validateRecipientDelimiter(mail, domains)];
}

/** Whether the postmaster has a mailbox here. */
function validatePostmaster(postmaster: string | undefined, book: AddressBook): Problem[] {
  if (postmaster === undefined || book.isEnabledMailbox(postmaster)) return [];
  if (!book.mailboxes.has(postmaster) && !book.lacksMailbox(postmaster)) return [];
  const candidates = [...book.mailboxes.keys()].filter((address) => book.isEnabledMailbox(address));
  const reason = book.mailboxes.has(postmaster) ? "is disabled" : `is no mailbox${didYouMean(postmaster, candidates)}`;
  return [
    problem(
      ["mail", "postmaster"],
      `must be an enabled mailbox of mailhost:domains, but ${show(postmaster)} ${reason}`,
    ),
  ];
}

/** Names that both daemons would take for a shorter name with an extension: their mail would go to another user. */
function validateRecipientDelimiter({ recipientDelimiter = "" }: ReadableMail, domains: DomainsSettings): Problem[] {
  const isSplit = (localPart: string) => [...recipientDelimiter].some((character) => localPart.includes(character));
  return Object.entries(domains).flatMap(([domain, own]) =>
    (["mailboxes", "aliases"] as const).flatMap((kind) =>
      Object.keys(own[kind])
        .filter(isSplit)
        .map((localPart) =>
          problem(
            ["domains", domain, kind, localPart],
            `must not contain mail.recipientDelimiter, which is ${show(recipientDelimiter)}: its mail would go to a shorter name`,
          ),
        ),
    ),
  );
}

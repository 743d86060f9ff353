import { completeAddress, splitAddress } from "../../shared/model/address.ts";
import { type AddressBook, catchAll } from "../addresses/addressBook.ts";
import { longForm } from "../addresses/longForm.ts";
import { expansionLimit } from "../settings/limits.ts";
import { type Path, type Problem, problem } from "../settings/problem.ts";
import type { DomainSettings } from "../settings/schema.ts";
import { show } from "../settings/shape.ts";
import { didYouMean } from "../settings/spelling.ts";

/** What is wrong with the aliases of one domain beyond their shape. */
export function validateAliases(domain: string, { mailboxes, aliases }: DomainSettings, book: AddressBook): Problem[] {
  return Object.entries(aliases).flatMap(([localPart, alias]) => {
    const path = ["domains", domain, "aliases", localPart];
    const { members, senders } = longForm(alias);
    return [
      ...(Object.hasOwn(mailboxes, localPart)
        ? [problem(path, `is a mailbox of ${domain} too, which would get no mail; rename one of the two`)]
        : []),
      ...validateMembers(members, domain, book, Array.isArray(alias) ? path : [...path, "members"]),
      ...validateSenders(senders ?? [], domain, book, [...path, "senders"]),
      ...validateExpansion(
        members.map((member) => completeAddress(member, domain)),
        book,
        path,
      ),
      ...(localPart === catchAll ? validateCatchAll(senders, path) : []),
    ];
  });
}

/** What is wrong with the addresses that the mailboxes of one domain forward to and send as. */
export function validateForwarding(domain: string, { mailboxes }: DomainSettings, book: AddressBook): Problem[] {
  return Object.entries(mailboxes).flatMap(([localPart, { forward, keepCopy, sendAs }]) => {
    // Most of many thousands.
    if (forward.length === 0 && sendAs.length === 0 && keepCopy) return [];
    const path = ["domains", domain, "mailboxes", localPart];
    const isCaught = (address: string) => book.catchAlls.has(splitAddress(address).domain);
    return [
      ...validateMembers(forward, domain, book, [...path, "forward"]),
      ...(keepCopy || forward.length > 0
        ? []
        : [problem([...path, "keepCopy"], "is false without forward: its mail would go nowhere")]),
      ...validateExpansion([`${localPart}@${domain}`], book, [...path, "forward"]),
      ...validateMembers(sendAs, domain, book, [...path, "sendAs"], isCaught),
    ];
  });
}

function validateCatchAll(senders: readonly string[] | undefined, path: Path): Problem[] {
  if (senders === undefined || senders.length === 0) return [];
  return [
    problem([...path, "senders"], "is not for the catch-all, which gives no right to send; see sendAs of a mailbox"),
  ];
}

/** @param isTaken Whether an address may be given although it is not defined */
function validateMembers(
  members: readonly string[],
  domain: string,
  book: AddressBook,
  path: Path,
  isTaken: (address: string) => boolean = () => false,
): Problem[] {
  const addresses = members.map((member) => completeAddress(member, domain));
  return addresses.flatMap((address, index) => {
    const reason =
      addresses.indexOf(address) < index
        ? "is given twice"
        : isTaken(address)
          ? undefined
          : unknownAddress(address, book);
    return reason === undefined ? [] : [problem([...path, index], `${show(members[index])} ${reason}`)];
  });
}

function unknownAddress(address: string, book: AddressBook): string | undefined {
  if (!book.isServed(address) || book.isDefined(address)) return undefined;
  const { localPart, domain } = splitAddress(address);
  return `is neither a mailbox nor an alias of ${domain}${didYouMean(localPart, book.localParts(domain))}`;
}

function validateSenders(senders: readonly string[], domain: string, book: AddressBook, path: Path): Problem[] {
  const addresses = senders.map((sender) => completeAddress(sender, domain));
  return addresses.flatMap((address, index) => {
    const twice = addresses.indexOf(address) < index;
    if (book.mailboxes.has(address) && !twice) return [];
    const reason = twice ? "is given twice" : "is no mailbox here; only users who log in here may send as an alias";
    return [problem([...path, index], `${show(senders[index])} ${reason}`)];
  });
}

/** An alias that Postfix would not expand; a list that is too long in itself is reported before. */
function validateExpansion(addresses: readonly string[], book: AddressBook, path: Path): Problem[] {
  const size = book.expansionSize(addresses);
  if (size <= expansionLimit) return [];
  return [
    problem(
      path,
      `becomes ${size} addresses, with all that its aliases and forwards stand for; at most ${expansionLimit} are allowed, because Postfix defers the mail for more; take some out`,
    ),
  ];
}

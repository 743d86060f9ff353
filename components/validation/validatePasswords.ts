import { splitAddress } from "../../shared/model/address.ts";
import { formatPath } from "../../shared/propertyPath.ts";
import type { AddressBook } from "../addresses/addressBook.ts";
import { type Problem, problem } from "../settings/problem.ts";
import { didYouMean } from "../settings/spelling.ts";
import { passwordHashMistake } from "./passwordHash.ts";

/** Whether each password hash is one that Dovecot takes. No text here holds any part of a hash. */
export function validatePasswordHashes(passwords: Readonly<Record<string, unknown>>): Problem[] {
  return Object.entries(passwords).flatMap(([address, hash]) => {
    const mistake = passwordHashMistake(hash);
    return mistake === undefined ? [] : [problem(["passwords", address], mistake)];
  });
}

/**
 * Whether every enabled mailbox has a password, and every password a mailbox.
 *
 * @param passwords Addresses that have one
 */
export function validatePasswordOwners(passwords: readonly string[], book: AddressBook): Problem[] {
  const known = new Set(passwords);
  const missing = [...book.mailboxes]
    .filter(([address, { enabled }]) => enabled && !known.has(address))
    .map(([address]) => {
      const { localPart, domain } = splitAddress(address);
      const place = formatPath(["passwords", address]);
      return problem(
        ["domains", domain, "mailboxes", localPart],
        `has no password: add ${place}, or set enabled: false`,
      );
    });
  const idle = passwords
    .filter((address) => !book.mailboxes.has(address))
    .map((address) => {
      const nearest = didYouMean(address, [...book.mailboxes.keys()]);
      return problem(
        ["passwords", address],
        `is the password of no mailbox${nearest || "; add the mailbox or take it out"}`,
      );
    });
  return [...missing, ...idle];
}

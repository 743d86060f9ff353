import { splitAddress } from "../../shared/model/address.ts";
import type { AddressBook } from "../addresses/addressBook.ts";
import { type Problem, problem } from "../settings/problem.ts";
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
  const missing = [...book.mailboxes].flatMap(([address, { enabled }]) =>
    enabled && !known.has(address) ? [address] : [],
  );
  const idle = passwords
    .filter((address) => !book.mailboxes.has(address))
    .map((address) =>
      problem(
        ["passwords", address],
        `is the password of no mailbox: add the mailbox, or remove it by "npm run password -- ${address} --remove"`,
      ),
    );
  return [...describeMissing(missing), ...idle];
}

/** One sentence, however many they are. */
function describeMissing(addresses: readonly string[]): Problem[] {
  const [address, ...others] = addresses;
  if (address === undefined) return [];
  if (others.length > 0) {
    const reason = `has none for ${addresses.length} mailboxes: ${addresses.join(", ")}; set them by "npm run password -- ADDRESS...", or set enabled: false`;
    return [problem(["passwords"], reason)];
  }
  const { localPart, domain } = splitAddress(address);
  const reason = `has no password: set it by "npm run password -- ${address}", or set enabled: false`;
  return [problem(["domains", domain, "mailboxes", localPart], reason)];
}

import { hashFingerprint } from "../../shared/hashFingerprint.ts";
import { linesOf } from "./textLines.ts";

/**
 * Dovecot's passwd-file (https://doc.dovecot.org/latest/core/config/auth/databases/passwd_file.html) in two forms: as
 * it is on the host, with password hashes, and as it may be shown, with their fingerprints.
 */

/** Address to `{SCHEME}hash`. */
export type Hashes = ReadonlyMap<string, string>;

/** Reads `address {SCHEME}hash` lines. */
export function parseHashes(text: string): Hashes {
  return new Map(
    linesOf(text).map((line) => {
      const blank = line.indexOf(" ");
      return [line.slice(0, blank), line.slice(blank + 1)] as const;
    }),
  );
}

export function formatHashes(hashes: Hashes): string {
  return [...hashes]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([address, hash]) => `${address} ${hash}\n`)
    .join("");
}

/** The addresses of a passwd file, in either form. */
export function addressesOf(text: string): string[] {
  return linesOf(text)
    .filter((line) => !isComment(line))
    .map((line) => line.split(":", 1)[0] ?? "");
}

/**
 * Takes the hashes out of a passwd file of the host. An administrator may have written to it by hand: a hash without
 * scheme, a plain password or a line that is commented out must not be shown either.
 */
export function concealHashes(text: string): { text: string; hashes: Hashes } {
  const hashes = new Map<string, string>();
  const concealed = replacePasswords(text, (address, password) => {
    if (isComment(address) ? !/^[{$]/.test(password) : MEANS_NO_PASSWORD.has(password)) return password;
    if (!isComment(address)) hashes.set(address, password);
    return hashFingerprint(password);
  });
  return { text: concealed, hashes };
}

/** Fields that no password matches, or that nobody need hide. */
const MEANS_NO_PASSWORD: ReadonlySet<string> = new Set(["", "!", "*"]);

/** Puts the hashes into a passwd file. Every fingerprint must have its hash: see {@link missingHashes}. */
export function revealHashes(text: string, hashes: Hashes): string {
  return replacePasswords(text, (address, password) =>
    isFingerprint(password) ? (hashes.get(address) ?? "!") : password,
  );
}

/** The addresses whose fingerprint does not belong to the hash that `hashes` holds for them. */
export function missingHashes(text: string, hashes: Hashes): string[] {
  const missing: string[] = [];
  replacePasswords(text, (address, password) => {
    if (isFingerprint(password) && hashFingerprint(hashes.get(address) ?? "") !== password) missing.push(address);
    return password;
  });
  return missing;
}

function isFingerprint(password: string): boolean {
  return /^(\{[\w.-]+\})?#[0-9a-f]{8}$/.test(password);
}

function isComment(line: string): boolean {
  return line.startsWith("#");
}

/** Only lines of the form `address:password...` are touched; anything else stays as it is. */
function replacePasswords(text: string, replace: (address: string, password: string) => string): string {
  return text.replace(
    /^([^:\n]+):([^:\n]*)/gm,
    (_line, address: string, password: string) => `${address}:${replace(address, password)}`,
  );
}

import { hashFingerprint } from "../../shared/hashFingerprint.ts";
import { noPassword, type PasswdUser, settingPrefix } from "../../shared/passwdUser.ts";
import { linesOf } from "./textLines.ts";

/*
 * Reads Dovecot's passwd-file in two forms: as it is on the host, with password hashes, and as it may be shown, with their
 * fingerprints. An administrator may have written to it by hand: what is no user's line stays as it is.
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

/** The users of a passwd file, in either form. */
export function usersOf(text: string): PasswdUser[] {
  return linesOf(text)
    .filter((line) => !isComment(line))
    .map((line) => {
      const [address = "", password = "", , , , home = "", , ...extra] = line.split(":");
      const own = extra
        .join(":")
        .split(" ")
        .filter((field) => field.startsWith(settingPrefix));
      const settings = own.map((field) => field.slice(settingPrefix.length).split("=", 2));
      return { address, password, home, settings: Object.fromEntries(settings) };
    });
}

/**
 * Takes the hashes out of a passwd file of the host. A hash without scheme, a plain password or a line that is commented
 * out must not be shown either.
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

/** Fields that no password matches, or that need not be hidden. */
const MEANS_NO_PASSWORD: ReadonlySet<string> = new Set(["", noPassword, "*"]);

/** Puts the hashes into a passwd file. Every fingerprint must have its hash: see {@link missingHashes}. */
export function revealHashes(text: string, hashes: Hashes): string {
  return replacePasswords(text, (address, password) =>
    isFingerprint(password) ? (hashes.get(address) ?? noPassword) : password,
  );
}

/** The addresses whose fingerprint does not belong to the hash that `hashes` holds for them. */
export function missingHashes(text: string, hashes: Hashes): string[] {
  return usersOf(text)
    .filter(({ password }) => isFingerprint(password))
    .filter(({ address, password }) => hashFingerprint(hashes.get(address) ?? "") !== password)
    .map(({ address }) => address);
}

function isFingerprint(password: string): boolean {
  return /^(\{[\w.-]+\})?#[0-9a-f]{8}$/.test(password);
}

function isComment(line: string): boolean {
  return line.startsWith("#");
}

/** Only lines of the form `address:password...` are touched; anything else stays as it is. */
function replacePasswords(text: string, replace: (address: string, password: string) => string): string {
  const lines = text.split("\n").map((line) => {
    const [address = "", password, ...rest] = line.split(":");
    return address === "" || password === undefined ? line : [address, replace(address, password), ...rest].join(":");
  });
  return lines.join("\n");
}

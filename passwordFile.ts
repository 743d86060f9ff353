import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { isMap, isScalar, parseDocument } from "yaml";
import { type Problem, problem } from "./components/validation/problem.ts";

/*
 * mailhost:passwordFile, a YAML mapping of address to encrypted password hash: `v1:` and the base64 of nonce,
 * ciphertext and tag of AES-256-GCM. The address is authenticated with it, so that a line cannot be given to somebody
 * else. The key is the secret mailhost:passwordKey: 32 random bytes in base64.
 */

const PREFIX = "v1:";
const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A new value for mailhost:passwordKey. */
export function createPasswordKey(): string {
  return randomBytes(KEY_BYTES).toString("base64");
}

/** What is wrong with a value of mailhost:passwordKey, if anything. Does not tell the value. */
export function validatePasswordKey(key: string): Problem[] {
  const bytes = Buffer.from(key, "base64");
  if (bytes.length === KEY_BYTES && bytes.toString("base64") === key) return [];
  return [problem(["passwordKey"], `must be ${KEY_BYTES} random bytes in base64, as \`npm run password\` makes them`)];
}

/** The line's value for `address`. */
export function encryptHash(address: string, hash: string, key: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, Buffer.from(key, "base64"), nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(address));
  const ciphertext = Buffer.concat([cipher.update(hash, "utf8"), cipher.final()]);
  return PREFIX + Buffer.concat([nonce, ciphertext, cipher.getAuthTag()]).toString("base64");
}

/** The hash in a line's value, or undefined where the line or the key is another one than when it was written. */
export function decryptHash(address: string, value: string, key: string): string | undefined {
  const bytes = Buffer.from(value.slice(PREFIX.length), "base64");
  if (bytes.length <= NONCE_BYTES + TAG_BYTES) return undefined;
  const decipher = createDecipheriv(CIPHER, Buffer.from(key, "base64"), bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(address));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    const hash = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    return hash.toString("utf8");
  } catch {
    return undefined;
  }
}

/** What a password file holds. */
export interface ReadPasswords {
  /** Address to `{SCHEME}hash`. */
  hashes: Record<string, string>;
  problems: Problem[];
  /** Addresses whose hash stands in the file in clear. */
  unencrypted: string[];
}

/** Reads the text of a password file. Paths of problems begin with `passwordFile`. Never tells a hash. */
export function readPasswordFile(text: string, key: string | undefined): ReadPasswords {
  const document = parseDocument(text);
  const read: ReadPasswords = { hashes: {}, problems: [], unencrypted: [] };
  const [error] = document.errors;
  if (error !== undefined) {
    // The parser's message quotes the file.
    read.problems.push(
      problem(["passwordFile"], `is not YAML (${error.code} in line ${error.linePos?.[0].line ?? "?"})`),
    );
    return read;
  }
  if (!isMap(document.contents)) {
    read.problems.push(problem(["passwordFile"], "must hold a mapping of address to password hash"));
    return read;
  }
  const keyProblems = key === undefined ? [] : validatePasswordKey(key);
  read.problems.push(...keyProblems);
  for (const { key: name, value } of document.contents.items) {
    const address = isScalar(name) ? String(name.value) : String(name);
    const line = isScalar(value) ? value.value : undefined;
    const complain = (reason: string) => read.problems.push(problem(["passwordFile", address], reason));
    if (typeof line !== "string") complain("must be one text, v1:... as `npm run password` writes it");
    else if (line.startsWith("{")) {
      read.hashes[address] = line;
      read.unencrypted.push(address);
    } else if (!line.startsWith(PREFIX)) complain("must begin with v1: (encrypted) or {SCHEME} (a hash in clear)");
    else if (key === undefined) complain("is encrypted, but the secret mailhost:passwordKey is not set");
    else if (keyProblems.length === 0) {
      const hash = decryptHash(address, line, key);
      if (hash === undefined)
        complain("cannot be decrypted: mailhost:passwordKey is another key, or the line was changed");
      else read.hashes[address] = hash;
    }
  }
  return read;
}

/** The text of a password file with one line set, the others and all comments as they were. */
export function setPasswordLine(text: string, address: string, value: string): string {
  const document = parseDocument(text);
  document.set(address, value);
  return document.toString({ lineWidth: 0 });
}

/** The text of a password file without the line of `address`; undefined where it has none. */
export function removePasswordLine(text: string, address: string): string | undefined {
  const document = parseDocument(text);
  return isMap(document.contents) && document.delete(address) ? document.toString({ lineWidth: 0 }) : undefined;
}

import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { isMap, isScalar, parseDocument } from "yaml";
import { type Problem, problem } from "../components/settings/problem.ts";

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
  if (decodeBase64(key)?.length === KEY_BYTES) return [];
  return [problem(["passwordKey"], `must be ${KEY_BYTES} random bytes in base64, as \`npm run password\` makes them`)];
}

/** The bytes, or undefined where the text is not exactly what they are written as: Node reads over anything else. */
function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : undefined;
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
  const bytes = decodeBase64(value.slice(PREFIX.length));
  if (bytes === undefined || bytes.length <= NONCE_BYTES + TAG_BYTES) return undefined;
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
  /** All that have a line; undefined where the file cannot be read at all. */
  addresses: readonly string[] | undefined;
  /** Address to `{SCHEME}hash`, where it could be read. */
  hashes: Record<string, string>;
  problems: Problem[];
  /** Addresses whose hash stands in the file in clear. */
  unencrypted: string[];
}

/** Reads the text of a password file. Paths of problems begin with `passwordFile`. Never tells a hash. */
export function readPasswordFile(text: string, key: string | undefined): ReadPasswords {
  const document = parseYaml(text);
  const read: ReadPasswords = { addresses: undefined, hashes: {}, problems: [], unencrypted: [] };
  const mistake = mistakeIn(document);
  if (mistake !== undefined || document.contents === null) {
    read.problems.push(problem(["passwordFile"], mistake ?? notMapping));
    return read;
  }
  const encrypted = new Map<string, string>();
  const lines = linesOf(document);
  for (const { address, line } of lines) {
    const complain = (reason: string) => read.problems.push(problem(["passwordFile", address], reason));
    if (typeof line !== "string") complain("must be one text, v1:... as `npm run password` writes it");
    else if (line.startsWith(PREFIX)) encrypted.set(address, line);
    else if (line.startsWith("{")) {
      read.hashes[address] = line;
      read.unencrypted.push(address);
    } else complain("must begin with v1: (encrypted) or {SCHEME} (a hash in clear)");
  }
  const decrypted = decryptLines(encrypted, key);
  return {
    ...read,
    addresses: lines.map(({ address }) => address),
    hashes: { ...read.hashes, ...decrypted.hashes },
    problems: [...read.problems, ...decrypted.problems],
  };
}

function linesOf({ contents }: ReturnType<typeof parseYaml>): { address: string; line: unknown }[] {
  if (!isMap(contents)) return [];
  return contents.items.map(({ key: name, value }) => ({
    address: isScalar(name) ? String(name.value) : String(name),
    line: isScalar(value) ? value.value : undefined,
  }));
}

const notMapping = "must hold a mapping of address to password hash";

/** What is wrong with the file as a whole. An empty one has nothing wrong. */
function mistakeIn({ errors, contents }: ReturnType<typeof parseYaml>): string | undefined {
  const [error] = errors;
  // The parser's message quotes the file.
  if (error !== undefined) return `is not YAML (${error.code} in line ${error.linePos?.[0].line ?? "?"})`;
  return contents === null || isMap(contents) ? undefined : notMapping;
}

const missingKeyMessage =
  "is not set, and mailhost:passwordFile is encrypted with it; set it by: npm run pulumi -- config set --secret mailhost:passwordKey";
const wrongKeyMessage = (lines: number) =>
  `decrypts none of the ${lines} lines of mailhost:passwordFile: it is another key than the one they were written with; set that one by: npm run pulumi -- config set --secret mailhost:passwordKey`;

function decryptLines(
  lines: ReadonlyMap<string, string>,
  key: string | undefined,
): Pick<ReadPasswords, "hashes" | "problems"> {
  if (key === undefined) {
    return { hashes: {}, problems: lines.size === 0 ? [] : [problem(["passwordKey"], missingKeyMessage)] };
  }
  const problems = validatePasswordKey(key);
  if (problems.length > 0) return { hashes: {}, problems };
  const hashes = [...lines].flatMap(([address, line]) => {
    const hash = decryptHash(address, line, key);
    return hash === undefined ? [] : [[address, hash] as const];
  });
  // One sentence instead of hundreds.
  if (lines.size > 1 && hashes.length === 0) {
    return { hashes: {}, problems: [problem(["passwordKey"], wrongKeyMessage(lines.size))] };
  }
  const readable = Object.fromEntries(hashes);
  const unreadable = [...lines.keys()].filter((address) => !Object.hasOwn(readable, address));
  return {
    hashes: readable,
    problems: unreadable.map((address) =>
      problem(
        ["passwordFile", address],
        `cannot be decrypted: mailhost:passwordKey is another key, or the line was changed; set the password anew by "npm run password -- ${address}"`,
      ),
    ),
  };
}

/**
 * What is wrong with a key for the lines of `addresses`: with the key of the other lines they could not be read.
 *
 * @throws Error that says what is wrong with the text, where it is no password file
 */
export function findKeyMistake(
  text: string,
  addresses: readonly string[],
  key: string | undefined,
): string | undefined {
  const lines = linesOf(parsePasswordFile(text)).flatMap(({ address, line }) =>
    typeof line === "string" && line.startsWith(PREFIX) ? [{ address, line }] : [],
  );
  if (key === undefined) return lines.length === 0 ? undefined : missingKeyMessage;
  const [problem] = validatePasswordKey(key);
  if (problem !== undefined) return problem.reason;
  const others = lines.filter(({ address }) => !addresses.includes(address));
  const isReadable = others.some(({ address, line }) => decryptHash(address, line, key) !== undefined);
  return others.length === 0 || isReadable ? undefined : wrongKeyMessage(others.length);
}

/**
 * The text of a password file with some lines set, the others and all comments as they were.
 *
 * @param values Address to the line's value; undefined removes the line
 * @throws Error that says what is wrong with the text, where it is no password file
 */
export function setPasswordLines(text: string, values: Readonly<Record<string, string | undefined>>): string {
  const document = parsePasswordFile(text);
  for (const [address, value] of Object.entries(values)) {
    if (value === undefined) document.delete(address);
    else document.set(address, value);
  }
  return write(document, text);
}

/**
 * The addresses with a line.
 *
 * @throws Error that says what is wrong with the text, where it is no password file
 */
export function passwordLineAddresses(text: string): string[] {
  return linesOf(parsePasswordFile(text)).map(({ address }) => address);
}

/** The text of a document with the line ends that it had. */
function write(document: ReturnType<typeof parseYaml>, before: string): string {
  const text = document.toString({ lineWidth: 0 });
  return before.includes("\r\n") ? text.replace(/\r?\n/g, "\r\n") : text;
}

/** Keys are what is written: no address is a number. */
function parseYaml(text: string) {
  return parseDocument(text, { stringKeys: true });
}

function parsePasswordFile(text: string) {
  const document = parseYaml(text);
  const mistake = mistakeIn(document);
  if (mistake !== undefined) throw new Error(mistake);
  return document;
}

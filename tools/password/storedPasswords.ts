import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isRecord } from "../../components/settings/shape.ts";
import {
  createPasswordKey,
  encryptHash,
  findKeyMistake,
  passwordLineAddresses,
  setPasswordLines,
} from "../../config/passwordFile.ts";
import type { PreparedEngine } from "../engine/prepareEngine.ts";
import { runPulumi } from "../engine/runPulumi.ts";
import { Failure } from "../failure.ts";
import { checkoutFolder } from "../launch/paths.mjs";

/** What the stack says of passwords, secrets included. */
export interface StoredPasswords {
  readonly passwords: Readonly<Record<string, unknown>>;
  /** An absolute path. */
  readonly passwordFile: string | undefined;
  readonly passwordKey: string | undefined;
  setSecret(key: "passwords" | "passwordKey", value: string): Promise<void>;
}

export async function readStoredPasswords(engine: PreparedEngine, stack: string): Promise<StoredPasswords> {
  const config = (args: readonly string[], stdin = "") =>
    runPulumi(engine, ["config", ...args, "--stack", stack], { stdin });
  const settings: Record<string, { value?: string }> = JSON.parse(await config(["--json", "--show-secrets"]));
  const file = settings["mailhost:passwordFile"]?.value;
  return {
    passwords: parsePasswords(settings["mailhost:passwords"]?.value),
    passwordFile: file === undefined ? undefined : resolve(checkoutFolder, file),
    passwordKey: settings["mailhost:passwordKey"]?.value,
    setSecret: async (key, value) => void (await config(["set", "--secret", `mailhost:${key}`], value)),
  };
}

/** The hashes in the secret of the stack. */
function parsePasswords(text = "{}"): Readonly<Record<string, unknown>> {
  try {
    const passwords: unknown = JSON.parse(text);
    if (isRecord(passwords)) return passwords;
  } catch {
    // The error would quote the secret.
  }
  throw new Failure(
    "mailhost:passwords is no JSON object of address to {SCHEME}hash; nothing was changed (npm run pulumi -- config rm mailhost:passwords takes it out)",
  );
}

/** Sets the hashes of some addresses, the others being as they were. */
export async function setPasswords(stored: StoredPasswords, hashes: Readonly<Record<string, string>>): Promise<void> {
  const { passwords, passwordFile } = stored;
  if (passwordFile === undefined) {
    await stored.setSecret("passwords", JSON.stringify({ ...passwords, ...hashes }));
    return;
  }
  const addresses = Object.keys(hashes);
  const mistake = ofFile(passwordFile, (text) => findKeyMistake(text, addresses, stored.passwordKey));
  if (mistake !== undefined) throw new Failure(`mailhost:passwordKey ${mistake}; nothing was changed`);
  const key = stored.passwordKey ?? createPasswordKey();
  const lines = Object.entries(hashes).map(([address, hash]) => [address, encryptHash(address, hash, key)]);
  const text = ofFile(passwordFile, (text) => setPasswordLines(text, Object.fromEntries(lines)));
  if (stored.passwordKey === undefined) await stored.setSecret("passwordKey", key);
  mkdirSync(dirname(passwordFile), { recursive: true });
  writeFileSync(passwordFile, text);
  // In both places it would be a mistake.
  await removeFromStack(stored, addresses);
}

/** Removes the hashes of some addresses, all of which must have one. */
export async function removePasswords(stored: StoredPasswords, addresses: readonly string[]): Promise<void> {
  const { passwords, passwordFile } = stored;
  const inFile = passwordFile === undefined ? [] : ofFile(passwordFile, passwordLineAddresses);
  const missing = addresses.filter((address) => !inFile.includes(address) && !Object.hasOwn(passwords, address));
  if (missing.length > 0) {
    const place = passwordFile ?? "mailhost:passwords";
    throw new Failure(`${place} has no password of ${missing.join(", ")}; nothing was changed`);
  }
  const removed = addresses.filter((address) => inFile.includes(address)).map((address) => [address, undefined]);
  if (passwordFile !== undefined && removed.length > 0) {
    const text = ofFile(passwordFile, (text) => setPasswordLines(text, Object.fromEntries(removed)));
    await removeFromStack(stored, addresses);
    writeFileSync(passwordFile, text);
  } else await removeFromStack(stored, addresses);
}

async function removeFromStack(stored: StoredPasswords, addresses: readonly string[]): Promise<void> {
  const others = Object.entries(stored.passwords).filter(([address]) => !addresses.includes(address));
  if (others.length === Object.keys(stored.passwords).length) return;
  await stored.setSecret("passwords", JSON.stringify(Object.fromEntries(others)));
}

/** What `read` makes of the text of a password file, which may still be missing. */
function ofFile<Result>(file: string, read: (text: string) => Result): Result {
  try {
    return read(existsSync(file) ? readFileSync(file, "utf8") : "");
  } catch (error) {
    throw new Failure(`${file} ${error instanceof Error ? error.message : String(error)}; nothing was changed`);
  }
}

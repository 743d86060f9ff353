import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { localFolder } from "../launch/paths.mjs";

/**
 * The file with the passphrase of this checkout's local state; makes a random one the first time.
 *
 * Losing it means losing the secrets in that state, so it is never written over: of two processes that make one at the
 * same time, the second takes the first one's.
 */
export function localPassphraseFile(path = join(localFolder, "passphrase")): string {
  if (existsSync(path)) return path;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const made = `${path}.${randomUUID()}`;
  writeFileSync(made, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600 });
  try {
    linkSync(made, path);
  } catch (error) {
    if (!existsSync(path)) throw error;
  } finally {
    rmSync(made);
  }
  return path;
}

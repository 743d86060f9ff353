import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The root folder of this repository. */
export const checkoutFolder = resolve(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** What belongs to this checkout alone and git ignores: state, passphrase, plugins, throw-away hosts. */
export const localFolder = join(checkoutFolder, ".local");

/** What all checkouts of this user share and can be made anew: Node, the engine, compiled sources. */
export function cacheFolder() {
  return resolve(process.env.MAILHOST_CACHE || join(homedir(), ".cache", "mailhost"));
}

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * All that a local backend has written, as one text: to show that no secret lies in it in clear.
 *
 * The Automation API's `exportStack` is no help there, because it decrypts.
 */
export function stateFiles(backendFolder: string): string {
  return readdirSync(backendFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
    .join("\n");
}

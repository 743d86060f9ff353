import { readFileSync } from "node:fs";

/** The text of a file that the configuration names, or why there is none, to be said after its name. */
export function readText(
  file: string,
): { readonly text: string; readonly mistake?: never } | { readonly text?: never; readonly mistake: string } {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    return { mistake: `cannot be read: ${error instanceof Error ? error.message : String(error)}` };
  }
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return { mistake: "is not text in UTF-8" };
  }
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkoutFolder } from "../../tools/launch/paths.mjs";

/**
 * The blocks of code in a page of this repository.
 *
 * @param language What stands behind the first fence, such as `yaml`; empty where nothing does; by default any
 */
export function codeBlocks(page: string, language?: string): string[] {
  const text = readFileSync(join(checkoutFolder, page), "utf8");
  const blocks = [...text.matchAll(/^ *```(\w*)\n(.*?)^ *```$/gms)];
  return blocks.flatMap(([, name, block = ""]) => (language === undefined || name === language ? [block] : []));
}

/** The commands that somebody types at a prompt in such blocks, as one line each. */
export function promptedCommands(page: string): string[] {
  const lines = codeBlocks(page, "").flatMap((block) => block.replaceAll(/(\||\\)\n +/g, "$1 ").split("\n"));
  return lines.filter((line) => line.startsWith("$ ")).map((line) => line.slice(2).replaceAll("\\ ", ""));
}

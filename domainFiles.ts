import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "yaml";
import { type Problem, problem } from "./components/validation/problem.ts";
import { isRecord } from "./components/validation/shape.ts";

/** Domains of several files, of whatever shape they have. */
export interface ReadDomains {
  /** Domain to what its file says of it. */
  readonly domains: Record<string, unknown>;
  /** Domain to the file that it comes from. */
  readonly files: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

/**
 * Reads files that each hold a mapping of mail domain to its mailboxes and aliases.
 *
 * @param patterns Paths, in which `*` stands for any name
 * @param folder The directory that the paths are relative to
 */
export function readDomainFiles(patterns: readonly string[], folder: string): ReadDomains {
  const domains = new Map<string, unknown>();
  const files = new Map<string, string>();
  const problems: Problem[] = [];
  const read = new Set<string>();
  patterns.forEach((pattern, index) => {
    const path = ["domains", index];
    const found = globSync(pattern, { cwd: folder }).sort();
    if (found.length === 0) problems.push(problem(path, `${JSON.stringify(pattern)} matches no file (from ${folder})`));
    for (const file of found) {
      if (read.has(file)) continue;
      read.add(file);
      const content = readMapping(resolve(folder, file));
      if (typeof content === "string") {
        problems.push(problem(path, `${file} ${content}`));
        continue;
      }
      for (const [domain, value] of Object.entries(content)) {
        const other = files.get(domain);
        if (other !== undefined) {
          problems.push(problem(["domains", domain], `is in two files: ${other} and ${file}`));
          continue;
        }
        files.set(domain, file);
        domains.set(domain, value);
      }
    }
  });
  return { domains: Object.fromEntries(domains), files, problems };
}

/** The mapping that a YAML file holds, or what is wrong with the file. */
function readMapping(file: string): Record<string, unknown> | string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    return `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
  let content: unknown;
  try {
    content = parse(text, { prettyErrors: true });
  } catch (error) {
    return `is not YAML: ${error instanceof Error ? error.message.replace(/:?\n.*/s, "") : String(error)}`;
  }
  if (content === null || content === undefined) return "is empty; it must map mail domains to mailboxes and aliases";
  return isRecord(content) ? content : "must be a mapping of mail domain to its mailboxes and aliases";
}

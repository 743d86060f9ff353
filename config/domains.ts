import { globSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "yaml";
import { type Problem, problem } from "../components/settings/problem.ts";
import { isRecord } from "../components/settings/shape.ts";
import { readSieveFiles } from "./sieveFiles.ts";
import { readText } from "./textFile.ts";

/** Enough for each mailbox of a large file to name one anchor, and little enough for what multiplies. */
const mostAliased = 10_000;

/** Domains of whatever shape they have. */
interface ReadDomains {
  /** Domain to what is said of it, where it is a mapping. */
  readonly domains: unknown;
  /** Domain to the file that it comes from. */
  readonly files: ReadonlyMap<string, string>;
  /** What is wrong with files of domains. */
  readonly problems: readonly Problem[];
  /** What is wrong with files of Sieve scripts. */
  readonly sieveProblems: readonly Problem[];
}

/**
 * Reads mail domains with all files that they name.
 *
 * @param given A mapping of domain to its mailboxes and aliases, or a list of files that each hold one; in their paths
 * `*` stands for any name
 * @param folder The directory that paths are relative to
 */
export function readDomains(given: unknown, folder: string): ReadDomains {
  const inStack = { domains: given, files: new Map(), problems: [] };
  const read = Array.isArray(given) ? readDomainFiles(given, folder) : inStack;
  return { ...read, sieveProblems: readSieveFiles(read.domains, folder) };
}

function readDomainFiles(patterns: readonly unknown[], folder: string): Omit<ReadDomains, "sieveProblems"> {
  const domains = new Map<string, unknown>();
  const files = new Map<string, string>();
  const problems: Problem[] = [];
  const read = new Set<string>();
  patterns.forEach((pattern, index) => {
    const path = ["domains", index];
    if (typeof pattern !== "string" || pattern.includes("\0")) {
      problems.push(problem(path, "must be the path of a file, such as mail/domains/*.yaml"));
      return;
    }
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
  const { text, mistake } = readText(file);
  if (mistake !== undefined) return mistake;
  let content: unknown;
  try {
    // A local part such as 0800 is no number.
    content = parse(text, { stringKeys: true, maxAliasCount: mostAliased });
  } catch (error) {
    return parseMistake(error instanceof Error ? error.message : String(error));
  }
  if (containsItself(content)) return "has an alias of YAML that contains itself";
  if (content === null || content === undefined) return "is empty; it must map mail domains to mailboxes and aliases";
  return isRecord(content) ? content : "must be a mapping of mail domain to its mailboxes and aliases";
}

function parseMistake(message: string): string {
  if (message.startsWith("Excessive alias count")) {
    return `has aliases of YAML that stand for more than ${mostAliased} values; write them out`;
  }
  return `is not YAML: ${message.replace(/:?\n.*/s, "").replace("With stringKeys, ", "")}`;
}

function containsItself(value: unknown, around: readonly unknown[] = []): boolean {
  if (typeof value !== "object" || value === null) return false;
  return around.includes(value) || Object.values(value).some((item) => containsItself(item, [...around, value]));
}

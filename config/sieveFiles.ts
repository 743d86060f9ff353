import { resolve } from "node:path";
import { type Problem, problem } from "../components/settings/problem.ts";
import { isRecord } from "../components/settings/shape.ts";
import { readText } from "./textFile.ts";

/**
 * The domains with the text of every Sieve script in place of the file that it is in: `sieve: { file: mail/alice.sieve }`.
 * What has another shape is left as it is, for the validation to tell of.
 *
 * @param folder The directory that the paths are relative to
 */
export function readSieveFiles(domains: unknown, folder: string): { domains: unknown; problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const read = mapValues(domains, (domain, name) =>
    mapProperty(domain, "mailboxes", (mailboxes) =>
      mapValues(mailboxes, (mailbox, localPart) =>
        mapProperty(mailbox, "sieve", (sieve) => {
          const file = fileOf(sieve);
          if (file === undefined) return sieve;
          const { text, mistake } = readText(resolve(folder, file));
          if (mistake !== undefined) {
            problems.push(problem(["domains", name, "mailboxes", localPart, "sieve", "file"], mistake));
          }
          return text;
        }),
      ),
    ),
  );
  return { domains: read, problems };
}

function fileOf(sieve: unknown): string | undefined {
  if (!isRecord(sieve) || Object.keys(sieve).length !== 1) return undefined;
  return typeof sieve.file === "string" ? sieve.file : undefined;
}

function mapValues(value: unknown, change: (item: unknown, key: string) => unknown): unknown {
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, change(item, key)]));
}

/** A copy with one property changed, or without it where nothing is left of it. */
function mapProperty(value: unknown, name: string, change: (property: unknown) => unknown): unknown {
  if (!isRecord(value) || value[name] === undefined) return value;
  const { [name]: before, ...rest } = value;
  const after = change(before);
  return after === undefined ? rest : { ...rest, [name]: after };
}

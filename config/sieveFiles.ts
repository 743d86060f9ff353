import { resolve } from "node:path";
import { type Problem, problem } from "../components/settings/problem.ts";
import { isRecord } from "../components/settings/shape.ts";
import { readText } from "./textFile.ts";

/**
 * Puts the text of every Sieve script into the domains in place of the file that it is in: `sieve: { file: mail/alice.sieve }`.
 * What has another shape is left as it is, for the validation to tell of.
 *
 * @param folder The directory that the paths are relative to
 */
export function readSieveFiles(domains: unknown, folder: string): Problem[] {
  // One mailbox may stand in several places, by an alias of YAML: all are found before any is changed.
  return findSieveFiles(domains).flatMap(({ mailbox, file, path }) => {
    const { text, mistake } = readText(resolve(folder, file));
    if (mistake === undefined) mailbox.sieve = text;
    else delete mailbox.sieve;
    return mistake === undefined ? [] : [problem([...path, "sieve", "file"], mistake)];
  });
}

function findSieveFiles(domains: unknown) {
  return entriesOf(domains).flatMap(([domain, own]) =>
    entriesOf(isRecord(own) ? own.mailboxes : undefined).flatMap(([localPart, mailbox]) => {
      if (!isRecord(mailbox)) return [];
      const file = fileOf(mailbox.sieve);
      return file === undefined ? [] : [{ mailbox, file, path: ["domains", domain, "mailboxes", localPart] }];
    }),
  );
}

function fileOf(sieve: unknown): string | undefined {
  if (!isRecord(sieve) || Object.keys(sieve).length !== 1) return undefined;
  return typeof sieve.file === "string" ? sieve.file : undefined;
}

function entriesOf(value: unknown): [string, unknown][] {
  return isRecord(value) ? Object.entries(value) : [];
}

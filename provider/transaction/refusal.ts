import { type ConfiguredLine, findOrigin } from "../../shared/daemons/origin.ts";
import { daemons } from "../../shared/daemons/registry.ts";
import { HostUnreachable } from "../connection/errors.ts";
import { OperationError } from "../protocol/resource.ts";

/** What a script of a change says after all that a daemon, or its checkers, complained of. */
const verdict = /^(\w+) (?:refused the staged configuration|does not work with the new configuration)/;

/**
 * Adds to each complaint of a daemon, in the error that a change fails with, the configuration key, file and line that it is about.
 *
 * @param texts Absolute path to the text of the configuration files
 */
export async function explainRefusal<T>(change: Promise<T>, texts: Readonly<Record<string, string>>): Promise<T> {
  try {
    return await change;
  } catch (error) {
    if (!(error instanceof OperationError) || error instanceof HostUnreachable) throw error;
    throw new OperationError(withOrigins(error.message, texts));
  }
}

/** The same for the text of the error. */
export function withOrigins(message: string, texts: Readonly<Record<string, string>>): string {
  let configured: readonly ConfiguredLine[] = [];
  return message
    .split("\n")
    .reverse()
    .map((line) => {
      const [, name] = verdict.exec(line) ?? [];
      if (name === undefined) return withOrigin(line, configured);
      configured = daemons.find((daemon) => daemon.name === name)?.readLines?.(texts) ?? [];
      return line;
    })
    .reverse()
    .join("\n");
}

function withOrigin(complaint: string, configured: readonly ConfiguredLine[]): string {
  const origin = findOrigin(complaint, configured);
  if (origin === undefined) return complaint;
  const { key, file, line } = origin;
  const place = complaint.includes(`${file} line `) ? [] : [`${file} line ${line}`];
  return [...(key === undefined ? [] : [`mailhost:${key}`]), ...place, complaint].join(": ");
}

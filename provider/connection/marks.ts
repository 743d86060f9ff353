import { randomUUID } from "node:crypto";
import type { Outcome } from "./connection.ts";
import { quote } from "./shell.ts";

/** An answer of the host, and whose words are in it. */
export interface MarkedAnswer {
  /** How far it came: `log-in` failed to run our command, `command` ran but its script did not begin, `script` began. */
  reached: "log-in" | "command" | "script";
  /** What was said by who came last: the log-in, the command (sudo, systemd-run), or the script alone. */
  outcome: Outcome;
}

/**
 * Tells our words from others' in what a command prints: what the log-in runs (.bashrc, config.fish) may print too, and so may
 * sudo. Random lines stand before the first word of ours, after the last, and before the first of the script.
 */
export class Marks {
  readonly #command = `mailhost-${randomUUID()}`;
  readonly #script = `mailhost-${randomUUID()}`;

  /** A command line that any log-in shell understands. */
  commandLine(command: string): string {
    return `sh -c ${quote(`${print("mark", this.#command)}; mark; ${command}; code=$?; mark; exit $code`)}`;
  }

  /** A script that does nothing where the log-in has read the beginning of it. */
  script(script: string): string {
    return `${print("begin", this.#script)}\nbegin || exit\n${script}`;
  }

  read({ code, stdout, stderr }: Outcome): MarkedAnswer {
    const [before, ours] = split(stdout, this.#command);
    // An error comes by standard error, also where standard output is closed.
    const [errorsBefore = "", errors = errorsBefore] = split(stderr, this.#command);
    if (ours === undefined) return { reached: "log-in", outcome: { code, stdout: before ?? "", stderr: errors } };
    const [beforeScript = "", answer] = split(ours, this.#script);
    const [commandErrors = "", scriptErrors = commandErrors] = split(errors, this.#script);
    return answer === undefined
      ? { reached: "command", outcome: { code, stdout: beforeScript, stderr: errors } }
      : { reached: "script", outcome: { code, stdout: answer, stderr: scriptErrors } };
  }
}

/** A function that prints a mark as a line of its own, after whatever was printed without an end of line. */
function print(name: string, mark: string): string {
  return `${name}() { echo; echo ${mark}; echo >&2; echo ${mark} >&2; }`;
}

function split(text: string, mark: string): string[] {
  return text.split(`\n${mark}\n`);
}

import * as pulumi from "@pulumi/pulumi";
import { formatPath } from "../../shared/propertyPath.ts";

/** One mistake in the input: where it is and what is wrong with it. */
export type Problem = pulumi.InputPropertyErrorDetails;

/** Keys and indexes that lead to a property. */
export type Path = readonly (string | number)[];

/** The mistake at `path`. */
export function problem(path: Path, reason: string): Problem {
  return { propertyPath: formatPath(path), reason };
}

/**
 * All mistakes of an input in one error. Pulumi prints its message alone, without a stack trace, because it is a
 * `RunError`.
 */
export class InvalidInputError extends pulumi.RunError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const mistakes = problems.length === 1 ? "1 mistake" : `${problems.length} mistakes`;
    const lines = problems.map(
      ({ propertyPath, reason }) => `  ${propertyPath === "" ? "" : `${propertyPath}: `}${reason}`,
    );
    super([`${mistakes} in the configuration of the mail host, which is left as it is:`, ...lines].join("\n"));
    this.problems = problems;
    // Nobody is shown the frames, but the SDK has every uncaught error inspected, and on frames in node_modules that its
    // source maps have renamed Node's inspection runs for seconds and takes gigabytes.
    this.stack = `${this.name}: ${this.message}`;
  }
}

/** Throws all of `problems` at once, or does nothing where there is none. */
export function throwProblems(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new InvalidInputError(problems);
}

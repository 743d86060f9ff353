import { OperationError } from "../provider/protocol/resource.ts";

/** A failure that the person at the keyboard can act on: its message says all, a stack trace would only hide it. */
export class Failure extends Error {
  override readonly name = "Failure";
}

/** Whether the reader can act on it: a {@link Failure}, or an error of the provider with its remedy. */
export function isActionable(error: unknown): error is Error {
  return error instanceof Failure || error instanceof OperationError;
}

/**
 * Runs a command of `tools/commands`: an actionable error is printed by its message alone.
 *
 * @param failureCode The exit code of an error, by default 1
 */
export async function runCommand(
  command: () => Promise<void>,
  { failureCode = () => 1 }: { failureCode?: (error: unknown) => number } = {},
): Promise<void> {
  try {
    await command();
  } catch (error) {
    process.exitCode = failureCode(error);
    if (isActionable(error)) {
      process.stderr.write(`mailhost: ${error.message}\n`);
      return;
    }
    console.error(error);
    // Nobody knows what still runs.
    process.exit();
  }
}

/** A failure that the person at the keyboard can act on: its message says all, a stack trace would only hide it. */
export class Failure extends Error {
  override readonly name = "Failure";
}

/** Runs a command of `tools/commands`: a {@link Failure} is printed as it is, and every error ends in exit code 1. */
export async function runCommand(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    process.stderr.write(`mailhost: ${error.message}\n`);
    process.exitCode = 1;
  }
}

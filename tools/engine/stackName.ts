import { Failure } from "../failure.ts";
import type { PreparedEngine } from "./prepareEngine.ts";
import { runPulumi } from "./runPulumi.ts";

/**
 * The name of the stack that a command is about, which is there.
 *
 * @param given What `--stack` says; otherwise it is the selected one
 */
export async function stackName(engine: PreparedEngine, given: string | undefined): Promise<string> {
  try {
    const args = given === undefined ? [] : ["--stack", given];
    return (await runPulumi(engine, ["stack", "--show-name", ...args])).trim();
  } catch (error) {
    if (!(error instanceof Failure && /no stack (?:named|selected)/.test(error.message))) throw error;
    throw new Failure(
      given === undefined
        ? "no stack is selected: name one by --stack STACK"
        : `there is no stack "${given}" yet; make it by: npm run pulumi -- stack init ${given}`,
    );
  }
}

import { ensureEngine } from "../engine/engine.ts";
import { Failure, runCommand } from "../failure.ts";
import { longProject, runVitest } from "../runVitest.ts";

/**
 * `npm test`: everything but the long tests on Debian 12, the checks of the sources included (test/unit/tools/sources.test.ts
 * runs them, so that they count). Arguments go to Vitest: `npm test -- test/unit/tools` runs a part.
 *
 * The last line of output is `N passed, N failed`; nothing may be printed after Vitest.
 */
await runCommand(async () => {
  await buildEngineFirst();
  const args = process.argv.slice(2);
  const choice = args.some((arg) => arg.startsWith("--project")) ? [] : ["--project", `!${longProject}`];
  await runVitest(["run", ...choice, ...args]);
});

/**
 * A first build takes minutes: here its progress is seen, below Vitest it would count against a test's time. Without
 * an engine the other tests still run, and those that need one fail with the same message.
 */
async function buildEngineFirst(): Promise<void> {
  try {
    await ensureEngine();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    process.stderr.write(`mailhost: ${error.message}\n`);
  }
}

import { parseArgs } from "node:util";
import { tooLargeConfigurations } from "../engine/configurationSize.ts";
import type { EngineEnvironment } from "../engine/environment.ts";
import { prepareEngine } from "../engine/prepareEngine.ts";
import { deploying, withProviders } from "../engine/withProviders.ts";
import { runCommand } from "../failure.ts";
import { endLike, runForeground } from "../launch/child.mjs";
import { announceStandIns } from "../offline/standIns.ts";

/**
 * `npm run pulumi -- ARGS`: the Pulumi CLI with everything it needs on PATH. `up` of this project leaves out the outputs of
 * the stack, which `--suppress-outputs=false` shows, and says after the first one what comes next.
 */
await runCommand(async () => {
  for (const message of await tooLargeConfigurations(process.cwd())) write(message);
  const args = process.argv.slice(2);
  const { positionals, values } = parseArgs({
    args,
    options: { stack: { type: "string", short: "s" }, cwd: { type: "string", short: "C" } },
    allowPositionals: true,
    strict: false,
  });
  const [command = ""] = positionals;
  const isUp = (command === "up" || command === "update") && values.cwd === undefined;
  const engine = await prepareEngine();
  const run = (environment: EngineEnvironment) =>
    runForeground(engine.engine.cli, args, {
      env: isUp ? { PULUMI_OPTION_SUPPRESS_OUTPUTS: "true", ...environment } : environment,
    });
  const isDeploying = deploying.includes(command);
  if (isDeploying) announceStandIns(engine.standIns);
  const ended = await (isDeploying ? withProviders(engine, run) : run(engine.environment));
  if (isUp && ended.code === 0 && !args.includes("--json")) {
    // Only here: every other command would wait for what it loads.
    const { nextSteps } = await import("../nextSteps.ts");
    for (const line of await nextSteps(engine, typeof values.stack === "string" ? values.stack : undefined))
      write(line);
  }
  endLike(ended);
});

function write(message: string): void {
  process.stderr.write(`mailhost: ${message}\n`);
}

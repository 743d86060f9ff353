import { tooLargeConfigurations } from "../engine/configurationSize.ts";
import { prepareEngine } from "../engine/prepareEngine.ts";
import { runCommand } from "../failure.ts";
import { endLike, runForeground } from "../launch/child.mjs";

/** `npm run pulumi -- ARGS`: the Pulumi CLI with everything it needs on PATH. */
await runCommand(async () => {
  for (const message of await tooLargeConfigurations(process.cwd())) process.stderr.write(`mailhost: ${message}\n`);
  const { engine, environment } = await prepareEngine();
  endLike(await runForeground(engine.cli, process.argv.slice(2), { env: environment }));
});

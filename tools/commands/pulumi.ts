import { tooLargeConfigurations } from "../engine/configurationSize.ts";
import { ensureEngine } from "../engine/engine.ts";
import { engineEnvironment } from "../engine/environment.ts";
import { runCommand } from "../failure.ts";
import { endLike, runForeground } from "../launch/child.mjs";

/** `npm run pulumi -- ARGS`: the Pulumi CLI with everything it needs on PATH. */
await runCommand(async () => {
  for (const message of await tooLargeConfigurations(process.cwd())) process.stderr.write(`mailhost: ${message}\n`);
  const engine = await ensureEngine();
  endLike(await runForeground(engine.cli, process.argv.slice(2), { env: engineEnvironment(engine) }));
});

import { runCommand } from "../failure.ts";
import { runForeground } from "../launch/child.mjs";
import { checkoutFolder } from "../launch/paths.mjs";
import { sourceChecks } from "../sourceChecks.ts";

/** `npm run check`: format, lint and types of all sources. Every check runs, so that one run shows all there is. */
await runCommand(async () => {
  for (const { args } of sourceChecks) {
    const { code } = await runForeground(process.execPath, args, { cwd: checkoutFolder });
    if (code !== 0) process.exitCode = 1;
  }
});

import { runCommand } from "../failure.ts";
import { endLike, runForeground } from "../launch/child.mjs";
import { checkoutFolder } from "../launch/paths.mjs";
import { sourceFix } from "../sourceChecks.ts";

/** `npm run fix`: formats the sources and makes Biome's safe repairs. */
await runCommand(async () => {
  endLike(await runForeground(process.execPath, sourceFix.args, { cwd: checkoutFolder }));
});

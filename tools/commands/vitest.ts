import { runCommand } from "../failure.ts";
import { runVitest } from "../runVitest.ts";

/** `node tools/launch.mjs vitest ARGS`: Vitest as it is, for instance `vitest run --project unit` or `vitest watch`. */
await runCommand(() => runVitest(process.argv.slice(2)));

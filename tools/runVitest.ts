import { join } from "node:path";
import { endLike, runForeground } from "./launch/child.mjs";
import { checkoutFolder } from "./launch/paths.mjs";

const vitest = join(checkoutFolder, "node_modules", "vitest", "vitest.mjs");

/** The project of what `npm test` leaves out. */
export const longProject = "debian12-long";

/** Runs Vitest and ends as it ends. Prints nothing of its own: a caller may read the last line of Vitest's reporters. */
export async function runVitest(args: readonly string[]): Promise<void> {
  endLike(await runForeground(process.execPath, [vitest, ...args], { cwd: checkoutFolder }));
}

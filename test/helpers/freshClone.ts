import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkoutFolder } from "../../tools/launch/paths.mjs";
import { type CommandResult, mustRun, run } from "../../tools/testhost/processes.ts";

/** The repository as somebody has it who has just cloned it, with the packages that `npm ci` would put there. */
export interface FreshClone {
  readonly folder: string;
  /** Runs a command in the clone. Both of its outputs are in `output`, in no certain order. */
  run(...argv: readonly string[]): Promise<{ code: number; output: string }>;
  /** What git does not know or finds changed, one line each. */
  changes(): Promise<string>;
  remove(): void;
}

/** Clones what is committed: what only lies in the work tree is not there. */
export async function createFreshClone(): Promise<FreshClone> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "mailhost-clone-")));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const inClone = (argv: readonly string[]): Promise<CommandResult> => run(["env", `--chdir=${folder}`, ...argv]);
  try {
    await mustRun(["git", "clone", "--quiet", "--no-hardlinks", checkoutFolder, folder]);
    // The same packages by links, where the file system has them; the launcher checks them and installs what is missing.
    const packages = join(checkoutFolder, "node_modules");
    const linked = await run(["cp", "--archive", "--link", packages, folder]);
    if (linked.code !== 0) await mustRun(["cp", "--archive", packages, folder]);
  } catch (error) {
    remove();
    throw error;
  }
  return {
    folder,
    async run(...argv) {
      const { code, stdout, stderr } = await inClone(argv);
      return { code, output: `${stdout}${stderr}` };
    },
    changes: async () => (await inClone(["git", "status", "--porcelain"])).stdout,
    remove,
  };
}

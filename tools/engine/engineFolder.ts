import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { withLock } from "../launch/lock.mjs";
import { cacheFolder } from "../launch/paths.mjs";

/** Where engines are kept, each in a folder of its own with its programs in `bin/`. */
export function enginesFolder(): string {
  return join(cacheFolder(), "engine");
}

/** How an engine gets into its folder. */
export interface EngineFolderWork {
  /** What is being done, for the names of folders: `building`. */
  doing: string;
  /** Puts all that the engine needs into a folder that is there already. */
  fill(folder: string): Promise<void>;
  /** Called once when another process is at it. */
  onWait(): void;
}

/**
 * Makes the folder `root` unless it is there: all of it or nothing. Several processes may ask at once: one works, the
 * others wait.
 */
export async function ensureEngineFolder(root: string, { doing, fill, onWait }: EngineFolderWork): Promise<string> {
  if (existsSync(root)) return root;
  const engines = dirname(root);
  return withLock(
    join(cacheFolder(), `${doing}.lock`),
    async () => {
      if (existsSync(root)) return root;
      mkdirSync(engines, { recursive: true });
      removeAbandoned(engines, `${doing}-`);
      const unfinished = mkdtempSync(join(engines, `${doing}-`));
      try {
        await fill(unfinished);
        renameSync(unfinished, root);
      } finally {
        rmSync(unfinished, { recursive: true, force: true });
      }
      return root;
    },
    { onWait },
  );
}

/** A killed process leaves its folder behind; the lock is ours, so none of them is in use. */
function removeAbandoned(engines: string, prefix: string): void {
  for (const name of readdirSync(engines)) {
    if (name.startsWith(prefix)) rmSync(join(engines, name), { recursive: true, force: true });
  }
}

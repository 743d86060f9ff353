import type { ChildProcess, SpawnOptions } from "node:child_process";

/** How a program ended: by an exit code or by a signal. */
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ForegroundOptions extends SpawnOptions {
  /** Called once with the running child, to read its output. */
  onStart?: (child: ChildProcess) => void;
}

/** Runs a program in place of this one: same terminal, and the signals that reach us reach it too. */
export function runForeground(program: string, args: readonly string[], options?: ForegroundOptions): Promise<Ending>;

/** Ends this process as its child ended, so that callers see no difference. */
export function endLike(ending: Ending): void;

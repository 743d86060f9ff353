/**
 * Runs `work` while no other process runs under the same lock file; waits for its turn.
 *
 * The lock of a process that is killed is given back.
 */
export function withLock<Result>(
  path: string,
  work: () => Result | Promise<Result>,
  options?: {
    /** Called once when another process holds the lock. */
    onWait?: () => void;
  },
): Promise<Result>;

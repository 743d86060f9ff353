/**
 * Runs `work` while no other process runs under the same lock file; waits for its turn.
 *
 * A lock left behind by a killed process is noticed and removed.
 */
export function withLock<Result>(
  path: string,
  work: () => Result | Promise<Result>,
  options?: {
    /** Called once, with the holder's process number, when somebody else holds the lock. */
    onWait?: (holder: string) => void;
  },
): Promise<Result>;

/** How one command on the host ended. */
export interface Outcome {
  /** Exit code; 128 and more when a signal ended it. */
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  /**
   * Whether the script goes on when the connection breaks: it then runs on its own, not as our child. What
   * changes the host does, because half a change is worse than either end of it.
   *
   * @default false
   */
  detached?: boolean;
  /**
   * Whether the script, which changes nothing, runs on its own with a directory that is gone when it has ended, however it ended.
   *
   * @default false
   */
  scratch?: boolean;
}

/** A way to run scripts as root on the host. */
export interface Connection {
  /**
   * Runs a script of sh(1), given on standard input: nothing of it appears in the list of processes or in sudo's log.
   *
   * @throws HostUnreachable when there is no connection and none can be made, or it breaks
   * @throws HostOccupied when the script is to run detached, and another one does
   */
  run(script: string, options?: RunOptions): Promise<Outcome>;
  /** Ends the connection for good. */
  close(): void;
}

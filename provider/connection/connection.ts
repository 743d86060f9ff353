/** How one command on the host ended. */
export interface Outcome {
  /** Exit code; 128 and more when a signal ended it. */
  code: number;
  stdout: string;
  stderr: string;
}

/** A way to run scripts as root on the host. */
export interface Connection {
  /**
   * Runs a script of sh(1), given on standard input: nothing of it appears in the list of processes or in sudo's log.
   *
   * @throws HostUnreachable when there is no connection and none can be made, or it breaks
   */
  run(script: string): Promise<Outcome>;
  close(): void;
}

import type { Outcome } from "./connection.ts";

/** A way to run commands on the host, as the user that it logs in. */
export interface Transport {
  /** Who runs the commands. */
  readonly user: string;
  /** The setting that decides who that is, for messages. */
  readonly userSetting: string;
  /**
   * Runs a command line of sh(1) with a text on its standard input.
   *
   * @throws HostUnreachable when there is no way to the host, or it breaks
   */
  execute(command: string, stdin: string): Promise<Outcome>;
  /** Ends for good: what runs is no longer waited for. */
  close(): void;
}

import type * as pulumi from "@pulumi/pulumi";

/**
 * What the daemons run on. It gives them a place to run and keeps them running; what they are told is the same
 * everywhere.
 */
export interface MailPlatform {
  /** What must be there before anything of the mail host is written: programs and accounts. */
  readonly foundation: readonly pulumi.Resource[];
  /**
   * Keeps the daemons running.
   *
   * @param configuration What must be there before a daemon may start
   */
  run(configuration: readonly pulumi.Resource[]): void;
}

import type * as pulumi from "@pulumi/pulumi";

/**
 * What the daemons run on. It gives them a place to run and keeps them running; what they are told is the same
 * everywhere.
 */
export interface MailPlatform {
  /** What must be there before anything of the mail host is written: programs and accounts. */
  readonly foundation: readonly pulumi.Resource[];
  /** What really runs there. */
  readonly versions: pulumi.Output<Versions>;
  /**
   * Keeps the daemons running.
   *
   * @param configuration What must be there before a daemon may start
   * @returns What must be there before the mail host does its work
   */
  run(configuration: readonly pulumi.Resource[]): readonly pulumi.Resource[];
}

/** The versions of what a mail host is made of, as the host names them. */
export interface Versions {
  /** Such as `Debian GNU/Linux 13 (trixie)`. */
  readonly debian: string;
  /** Version of Debian's package, such as `3.10.5-1`. */
  readonly postfix: string;
  /** Version of Debian's package. */
  readonly dovecot: string;
}

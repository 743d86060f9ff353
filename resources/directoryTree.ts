import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link DirectoryTree}. */
export interface DirectoryTreeArgs {
  /** The directory that all others are below, such as `/var/vmail`. It cannot change. */
  root: pulumi.Input<string>;
  /**
   * Absolute path to `owner:group mode`.
   *
   * @example { "/var/vmail/auth.d": "doveauth:dovecot 0500" }
   */
  directories: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * Directories with owner, group and mode.
 *
 * What lies in them is data: a directory that is no longer named, or a destroyed tree, is removed only where it is
 * empty. When the file system at {@link DirectoryTreeArgs.root} is another one than before (a volume that is not
 * mounted), preview and update stop.
 */
export class DirectoryTree extends pulumi.CustomResource {
  declare public readonly directories: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: DirectoryTreeArgs, opts?: pulumi.CustomResourceOptions) {
    super("mailhost:host:DirectoryTree", name, { ...args }, opts);
  }
}

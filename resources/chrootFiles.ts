import * as pulumi from "@pulumi/pulumi";
import type { AS_ON_HOST } from "../shared/chroot.ts";

/** Arguments of {@link ChrootFiles}. */
export interface ChrootFilesArgs {
  /** The directory that the daemon sees as the root of all files, such as `/var/spool/postfix`. It cannot change. */
  root: pulumi.Input<string>;
  /**
   * Absolute path of a file to `as on the host`: nothing else can be asked for, but something else can be found.
   *
   * @example { "/etc/resolv.conf": "as on the host" }
   */
  files: pulumi.Input<Record<string, pulumi.Input<typeof AS_ON_HOST>>>;
  /** The systemd unit of the daemon, such as `postfix.service`: it is reloaded when a copy was renewed. */
  unit: pulumi.Input<string>;
}

/**
 * Copies of the host's files in the directory that a daemon is confined to.
 *
 * A copy that is not as the file on the host is renewed. Destroying it leaves the copies to the daemon, which makes them
 * anew whenever it starts.
 */
export class ChrootFiles extends pulumi.CustomResource {
  constructor(name: string, args: ChrootFilesArgs, opts?: pulumi.CustomResourceOptions) {
    super("mailhost:host:ChrootFiles", name, { ...args }, opts);
  }
}

import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link Packages}. */
export interface PackagesArgs {
  /**
   * Debian package to version pattern; `*` takes any version, `1:2.4.1*` any that begins so.
   *
   * @example { "dovecot-core": "*", postfix: "3.10.*" }
   */
  packages: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * Installed Debian packages. No daemon is started by an installation, and packages that are there already stay as
 * they are unless a pattern asks for another version.
 *
 * On destroy those are removed that this resource installed, with their configuration files left in place.
 */
export class Packages extends pulumi.CustomResource {
  /** Package to installed version. */
  declare public readonly versions: pulumi.Output<Record<string, string>>;
  /** The system that the packages are of, such as `Debian GNU/Linux 13 (trixie)`. */
  declare public readonly system: pulumi.Output<string>;

  constructor(name: string, args: PackagesArgs, opts?: pulumi.CustomResourceOptions) {
    super("mailhost:host:Packages", name, { ...args, versions: undefined, system: undefined }, opts);
  }
}

import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link Service}. */
export interface ServiceArgs {
  /** The systemd unit, such as `postfix.service`. It cannot change: another unit is another resource. */
  unit: pulumi.Input<string>;
  /**
   * Whether the unit starts at boot.
   *
   * @default true
   */
  enabled?: pulumi.Input<boolean>;
  /**
   * Whether the unit runs now.
   *
   * @default true
   */
  running?: pulumi.Input<boolean>;
}

/**
 * A systemd unit that is enabled and running. Destroying it stops and disables the unit.
 */
export class Service extends pulumi.CustomResource {
  constructor(name: string, args: ServiceArgs, opts?: pulumi.CustomResourceOptions) {
    super("mailhost:host:Service", name, { ...args }, opts);
  }
}

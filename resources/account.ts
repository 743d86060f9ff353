import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link Account}. */
export interface AccountArgs {
  /** Log-in name. It cannot change: another account is another resource. */
  name: pulumi.Input<string>;
  /**
   * User id.
   *
   * @default - the next free system id
   */
  uid?: pulumi.Input<number>;
  /**
   * Primary group. Made when it is missing.
   *
   * @default - a group of the account's name
   */
  group?: pulumi.Input<string>;
  /**
   * Group id of the primary group.
   *
   * @default - the next free system id
   */
  gid?: pulumi.Input<number>;
  /** Home directory. Only recorded in passwd(5), never made. */
  home: pulumi.Input<string>;
  /** Log-in shell. */
  shell: pulumi.Input<string>;
}

/**
 * A system user with its primary group: see useradd(8).
 *
 * It is removed on destroy only if it was made by this resource.
 */
export class Account extends pulumi.CustomResource {
  declare public readonly name: pulumi.Output<string>;
  declare public readonly uid: pulumi.Output<number>;
  declare public readonly gid: pulumi.Output<number>;

  constructor(name: string, args: AccountArgs, opts?: pulumi.CustomResourceOptions) {
    super("mailhost:host:Account", name, { ...args }, opts);
  }
}

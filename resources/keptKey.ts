import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link KeptKey}. */
export interface KeptKeyArgs {
  /** Tells it from the other keys of the host. */
  name: pulumi.Input<string>;
  /** A private key in PEM form, which the host keeps unless it has one of this name. A secret. */
  privateKey: pulumi.Input<string>;
}

/**
 * A private key that the host keeps, for root alone, so that it stays the same where the state is lost. Another key needs
 * another name.
 */
export class KeptKey extends pulumi.CustomResource {
  /** The key of this name, in PEM form. A secret. */
  declare public readonly keptKey: pulumi.Output<string>;

  constructor(name: string, args: KeptKeyArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "mailhost:host:KeptKey",
      name,
      { ...args, privateKey: pulumi.secret(args.privateKey), keptKey: undefined },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["keptKey"] }),
    );
  }
}

import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link ServerCertificate}. */
export interface ServerCertificateArgs {
  /** Host names that the certificate covers; the first is its common name. */
  names: pulumi.Input<pulumi.Input<string>[]>;
  /** The certificate of the authority, in PEM form. */
  authority: pulumi.Input<string>;
  /** The private key of the authority, ECDSA P-256, in PEM form. A secret, which never gets onto the host. */
  authorityKey: pulumi.Input<string>;
}

/**
 * The key and certificate of the daemons, of a certificate authority of your own, renewed by a deployment in the last 30 days of 398.
 *
 * The authority does not sign the certificate itself, but an issuer that may sign certificates of these names alone
 * (RFC 5280, 4.2.1.10). The host keeps the key of that issuer, for root alone: where the state is lost, the certificate stays
 * as it is, is renewed, and clients go on trusting the authority.
 */
export class ServerCertificate extends pulumi.CustomResource {
  /** The private key, in PEM form. A secret. */
  declare public readonly privateKey: pulumi.Output<string>;
  /** The certificate, then that of its issuer, in PEM form. */
  declare public readonly certificateChain: pulumi.Output<string>;
  /**
   * The certificate that clients are to trust, in PEM form: {@link ServerCertificateArgs.authority}, or that of a lost state, which the host
   * still has.
   */
  declare public readonly certificateAuthority: pulumi.Output<string>;

  constructor(name: string, args: ServerCertificateArgs, opts?: pulumi.CustomResourceOptions) {
    const outputs = {
      privateKey: undefined,
      certificateChain: undefined,
      certificateAuthority: undefined,
      kept: undefined,
      givenAuthority: undefined,
    };
    super(
      "mailhost:host:ServerCertificate",
      name,
      { ...args, ...outputs, authorityKey: pulumi.secret(args.authorityKey) },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["privateKey", "kept"] }),
    );
  }
}

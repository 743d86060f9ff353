import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link CertificateFiles}. */
export interface CertificateFilesArgs {
  /** File with the certificate of the host, then those of the authorities between it and the root, in PEM form. */
  certificateFile: pulumi.Input<string>;
  /** File with the certificate's private key, in PEM form and not encrypted. It never leaves the host. */
  privateKeyFile: pulumi.Input<string>;
  /** Names that the certificate must cover. */
  names: pulumi.Input<pulumi.Input<string>[]>;
}

/**
 * A certificate and its private key, in files that another program keeps on the host, such as certbot.
 *
 * They are looked at and never changed. A preview fails where daemons could not use them or clients would not accept
 * them.
 */
export class CertificateFiles extends pulumi.CustomResource {
  /** The certificates in {@link CertificateFilesArgs.certificateFile} as they are now, in PEM form. */
  declare public readonly certificateChain: pulumi.Output<string>;

  constructor(name: string, args: CertificateFilesArgs, opts?: pulumi.CustomResourceOptions) {
    super("mailhost:host:CertificateFiles", name, { ...args, certificateChain: undefined }, opts);
  }
}

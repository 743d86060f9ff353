import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link AcmeCertificate}. */
export interface AcmeCertificateArgs {
  /** URL of the authority's directory. */
  directory: pulumi.Input<string>;
  /** Names that the certificate covers. */
  names: pulumi.Input<pulumi.Input<string>[]>;
  /** Whether the authority visits the names on port 80. */
  httpChallenge: pulumi.Input<boolean>;
  /** Absolute path to the whole text of a file: the program that obtains the certificate, its settings, and units of systemd. */
  files: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Path of every file to `owner:group mode`. */
  attributes: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Absolute path to the whole text of a secret file. */
  secretFiles: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * A certificate that the host obtains of an authority by ACME (RFC 8555), and renews.
 *
 * An authority is asked where there is no certificate that will do: of these names, of this directory, with more than a third of
 * its time left. One that is valid is kept where the authority issues no other.
 *
 * Destroying it removes the files. Key, certificate and account stay on the host, in `/var/lib/mailhost/acme`: authorities issue
 * only some for the same names in a week.
 */
export class AcmeCertificate extends pulumi.CustomResource {
  /** The certificate of the host, then those of the authorities above it, in PEM form. */
  declare public readonly certificateChain: pulumi.Output<string>;

  constructor(name: string, args: AcmeCertificateArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "mailhost:host:AcmeCertificate",
      name,
      { ...args, secretFiles: pulumi.secret(args.secretFiles), certificateChain: undefined },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["secretFiles"] }),
    );
  }
}

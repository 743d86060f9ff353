import * as pulumi from "@pulumi/pulumi";

/** What the check, activate and probe steps of one daemon need to know. */
export interface DaemonSteps {
  /**
   * The listening sockets that the daemon must have after activation, as `address:port`; `*` stands for every address.
   * It must greet there, and where it is configured with a certificate show that after STARTTLS.
   *
   * @default - none are looked at
   * @example ["*:25", "*:587"]
   */
  listen?: pulumi.Input<readonly pulumi.Input<string>[] | undefined>;
  /**
   * Those on which it must greet inside TLS, which begins at once, with the certificate that it is configured with.
   *
   * @default - none are looked at
   * @example ["*:465"]
   */
  tlsListen?: pulumi.Input<readonly pulumi.Input<string>[] | undefined>;
}

/** Arguments of {@link ConfigSet}. */
export interface ConfigSetArgs {
  /** Absolute path to the whole text of a file. */
  files: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Absolute path of every file in {@link files} and {@link secretFiles} to `owner:group mode`. */
  attributes: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Absolute path to the whole text of a file that must not be readable in state or preview, such as a private key. */
  secretFiles: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /**
   * Path of a file that holds a certificate to what may be told of it; see `certificateFingerprint`.
   *
   * It lets a preview show which certificate is replaced by which. A file that is not in {@link secretFiles} belongs to
   * somebody else: when its fingerprint changes, the daemons read it anew.
   */
  fingerprints: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** The daemons that take part, by name (see shared/daemons/registry.ts), each with the parameters of its steps. */
  steps: pulumi.Input<Record<string, pulumi.Input<DaemonSteps>>>;
}

/**
 * The configuration files of all daemons of one host, changed in one transaction.
 *
 * New files are staged, checked by the daemons' own checkers, swapped in, activated and probed. When check,
 * activation or probe fails, the previous files are put back and the resource fails with the daemon's message.
 */
export class ConfigSet extends pulumi.CustomResource {
  declare public readonly files: pulumi.Output<Record<string, string>>;
  declare public readonly fingerprints: pulumi.Output<Record<string, string>>;
  /** machine-id(5) of the host that the files are on. */
  declare public readonly hostId: pulumi.Output<string>;

  constructor(name: string, args: ConfigSetArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "mailhost:host:ConfigSet",
      name,
      { ...args, secretFiles: pulumi.secret(args.secretFiles), hostId: undefined },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["secretFiles"] }),
    );
  }
}

import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { ServerCertificate } from "../../resources/index.ts";

/** Arguments of {@link TlsCertificate}. */
export interface TlsCertificateArgs {
  /** The host's name: the common name of the certificate and the first of its names. */
  hostname: string;
  /**
   * Further names that the certificate covers.
   *
   * @default []
   */
  names?: readonly string[];
}

const year = 365 * 24;

/**
 * A server key with a certificate of a certificate authority of its own.
 *
 * Clients that are given the authority's certificate trust the host, also after its certificate is renewed, or the state is
 * lost: see {@link ServerCertificate}. The options must name the provider of the host.
 */
export class TlsCertificate extends pulumi.ComponentResource {
  /** The server's certificate, then that of its issuer, in PEM form. */
  readonly certificate: pulumi.Output<string>;
  /** The server's key in PEM form, PKCS #8. A secret. */
  readonly privateKey: pulumi.Output<string>;
  /** The authority's certificate in PEM form. */
  readonly certificateAuthority: pulumi.Output<string>;

  constructor(name: string, args: TlsCertificateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mailhost:index:TlsCertificate", name, {}, opts);
    const child = { parent: this };

    const authorityKey = new tls.PrivateKey(`${name}-authority-key`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, child);
    const authority = new tls.SelfSignedCert(
      `${name}-authority`,
      {
        privateKeyPem: authorityKey.privateKeyPem,
        subject: { commonName: `mailhost authority of ${args.hostname}` },
        isCaCertificate: true,
        setSubjectKeyId: true,
        validityPeriodHours: 10 * year,
        earlyRenewalHours: year,
        allowedUses: ["cert_signing", "crl_signing"],
      },
      child,
    );

    const server = new ServerCertificate(
      `${name}-server-certificate`,
      {
        names: [...new Set([args.hostname, ...(args.names ?? [])])],
        authority: authority.certPem,
        authorityKey: authorityKey.privateKeyPem,
      },
      child,
    );

    this.certificate = server.certificateChain;
    this.privateKey = server.privateKey;
    this.certificateAuthority = server.certificateAuthority;
    this.registerOutputs({
      certificate: this.certificate,
      privateKey: this.privateKey,
      certificateAuthority: this.certificateAuthority,
    });
  }
}

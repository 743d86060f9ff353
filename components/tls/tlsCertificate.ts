import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";

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

const day = 24;
const year = 365 * day;

/** What browsers and phones accept at most of a server's certificate. */
const certificateHours = 398 * day;

/** An `up` in the last month renews. */
const renewalHours = 30 * day;

/**
 * A server key with a certificate that a certificate authority of its own signs.
 *
 * Clients that are given the authority's certificate trust the host, also after its certificate is renewed.
 */
export class TlsCertificate extends pulumi.ComponentResource {
  /** The server's certificate in PEM form. */
  readonly certificate: pulumi.Output<string>;
  /** The server's key in PEM form, PKCS #8. A secret. */
  readonly privateKey: pulumi.Output<string>;
  /** The authority's certificate in PEM form. */
  readonly certificateAuthority: pulumi.Output<string>;

  constructor(name: string, args: TlsCertificateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mailhost:index:TlsCertificate", name, {}, opts);
    const child = { parent: this };
    const curve = { algorithm: "ECDSA", ecdsaCurve: "P256" };

    const authorityKey = new tls.PrivateKey(`${name}-authority-key`, curve, child);
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

    const key = new tls.PrivateKey(`${name}-key`, curve, child);
    const request = new tls.CertRequest(
      `${name}-request`,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName: args.hostname },
        dnsNames: [...new Set([args.hostname, ...(args.names ?? [])])],
      },
      child,
    );
    const certificate = new tls.LocallySignedCert(
      `${name}-certificate`,
      {
        caPrivateKeyPem: authorityKey.privateKeyPem,
        caCertPem: authority.certPem,
        certRequestPem: request.certRequestPem,
        validityPeriodHours: certificateHours,
        earlyRenewalHours: renewalHours,
        allowedUses: ["digital_signature", "server_auth"],
      },
      child,
    );

    this.certificate = certificate.certPem;
    this.privateKey = pulumi.secret(key.privateKeyPemPkcs8);
    this.certificateAuthority = authority.certPem;
    this.registerOutputs({
      certificate: this.certificate,
      privateKey: this.privateKey,
      certificateAuthority: this.certificateAuthority,
    });
  }
}

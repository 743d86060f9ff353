import { webcrypto } from "node:crypto";
import { isIP } from "node:net";
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "../../../provider/certificates/x509.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const day = 24 * 3600 * 1000;

/** A certificate with its key. */
export interface TestCertificate {
  readonly certificate: string;
  /** PKCS #8, PEM */
  readonly privateKey: string;
  readonly name: string;
  readonly keys: webcrypto.CryptoKeyPair;
}

export interface TestCertificateArgs {
  /** Alternative names, or IP addresses. */
  readonly names?: readonly string[];
  /** Who signs it; itself where nobody is given. */
  readonly issuer?: TestCertificate;
  /** Its key, where it replaces another certificate of the same key. */
  readonly keys?: webcrypto.CryptoKeyPair;
  /** Days from now to its beginning and end. */
  readonly from?: number;
  readonly to?: number;
}

/** Makes a certificate whose subject is `CN=commonName`. */
export async function makeCertificate(
  commonName: string,
  { names = [], issuer, from = -1, to = 1, ...given }: TestCertificateArgs = {},
): Promise<TestCertificate> {
  const keys = given.keys ?? (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]));
  const name = `CN=${commonName}`;
  const certificate = await X509CertificateGenerator.create(
    {
      subject: name,
      issuer: issuer?.name ?? name,
      notBefore: new Date(Date.now() + from * day),
      notAfter: new Date(Date.now() + to * day),
      publicKey: keys.publicKey,
      signingKey: (issuer?.keys ?? keys).privateKey,
      signingAlgorithm: algorithm,
      extensions: [
        new BasicConstraintsExtension(names.length === 0),
        ...(names.length === 0
          ? []
          : [new SubjectAlternativeNameExtension(names.map((value) => ({ type: isIP(value) ? "ip" : "dns", value })))]),
      ],
    },
    webcrypto,
  );
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  return {
    certificate: certificate.toString("pem"),
    privateKey: `-----BEGIN PRIVATE KEY-----\n${pkcs8.replace(/.{64}/g, "$&\n")}\n-----END PRIVATE KEY-----\n`,
    name,
    keys,
  };
}

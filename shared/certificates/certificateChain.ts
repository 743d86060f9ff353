import { type KeyObject, X509Certificate } from "node:crypto";

/*
 * What can be said of a certificate in PEM form. Program and provider share it, so it loads nothing of Pulumi's SDK.
 */

const certificateBlock = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** The certificates of a PEM text, in its order. */
export function certificatesOf(pem: string): string[] {
  return pem.match(certificateBlock) ?? [];
}

/** A certificate in PEM form, or undefined where it cannot be read. */
export function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/**
 * The first certificate of a PEM text.
 *
 * @throws Error when `pem` holds no certificate
 */
export function leafCertificate(pem: string): X509Certificate {
  const [first] = certificatesOf(pem);
  if (first === undefined) throw new Error("there is no certificate (-----BEGIN CERTIFICATE-----) in the PEM text");
  return new X509Certificate(first);
}

/** A certificate with the public half of the key that a daemon would be given. */
export interface CertificateWithKey {
  /** PEM, the certificate of the host first. */
  readonly certificateChain: string;
  /** Undefined where the private key cannot be read. */
  readonly publicKey: KeyObject | undefined;
  /** Names under which clients reach the host. */
  readonly names: readonly string[];
  /** The time to measure the certificates against. */
  readonly now: Date;
}

/** What clients or daemons would not accept, and in which of the two. */
export interface KeyPairMistake {
  readonly of: "certificateChain" | "privateKey";
  readonly reason: string;
}

/** Whether clients would accept the certificate and the daemons could use it. No text here holds any part of the key. */
export function findKeyPairMistakes({ certificateChain, publicKey, names, now }: CertificateWithKey): KeyPairMistake[] {
  const chain = certificatesOf(certificateChain).map(readCertificate);
  const leaf = chain[0];
  if (leaf === undefined || chain.includes(undefined)) {
    return [ofChain("must be certificates in PEM form (-----BEGIN CERTIFICATE-----), that of the host first")];
  }
  const certificates = chain.filter((certificate) => certificate !== undefined);
  return [
    ...findKeyMistakes(certificates, leaf, publicKey),
    ...findNameMistakes(leaf, names),
    ...findOrderMistakes(certificates),
    ...certificates.flatMap((certificate) => findTimeMistakes(certificate, now)),
  ];
}

function ofChain(reason: string): KeyPairMistake {
  return { of: "certificateChain", reason };
}

function ofKey(reason: string): KeyPairMistake {
  return { of: "privateKey", reason };
}

function findKeyMistakes(
  chain: readonly X509Certificate[],
  leaf: X509Certificate,
  key: KeyObject | undefined,
): KeyPairMistake[] {
  if (key === undefined) {
    return [ofKey("must be a private key in PEM form (-----BEGIN PRIVATE KEY-----) that is not encrypted")];
  }
  if (leaf.publicKey.equals(key)) return [];
  return chain.some(({ publicKey }) => publicKey.equals(key))
    ? [ofChain("must begin with the certificate of the host, the one that belongs to the private key")]
    : [ofKey(`does not belong to the certificate of ${subject(leaf)}`)];
}

function findNameMistakes(leaf: X509Certificate, names: readonly string[]): KeyPairMistake[] {
  const covered = leaf.subjectAltName ?? "no name at all";
  return names
    .filter((name) => leaf.checkHost(name, { subject: "never" }) === undefined)
    .map((name) => ofChain(`must cover the name ${name}, but covers ${covered}`));
}

function findOrderMistakes(chain: readonly X509Certificate[]): KeyPairMistake[] {
  return chain.flatMap((certificate, index) => {
    const next = chain[index + 1];
    if (next === undefined || certificate.checkIssued(next)) return [];
    return [
      ofChain(
        `must go from the host's certificate upwards, but ${subject(certificate)} is not signed by ${subject(next)}`,
      ),
    ];
  });
}

function findTimeMistakes(certificate: X509Certificate, now: Date): KeyPairMistake[] {
  const { validFromDate, validToDate } = certificate;
  if (now < validFromDate)
    return [ofChain(`${subject(certificate)} is valid only from ${validFromDate.toISOString()}`)];
  if (now > validToDate) return [ofChain(`${subject(certificate)} expired on ${validToDate.toISOString()}`)];
  return [];
}

function subject(certificate: X509Certificate): string {
  return oneLine(certificate.subject);
}

/** A subject or issuer, which Node tells with a line for each of its parts. */
export function oneLine(name: string): string {
  return name.split("\n").join(", ");
}

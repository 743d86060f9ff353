import type { X509Certificate } from "node:crypto";
import { certificatesOf, readCertificate, readPrivateKey } from "../pem.ts";
import { type Problem, problem } from "./problem.ts";

/** A key and certificate that the operator gives. */
export interface GivenKeyPair {
  readonly certificateChain: string;
  readonly privateKey: string;
  /** Names under which clients reach the host. */
  readonly names: readonly string[];
  /** The time to measure the certificates against. */
  readonly now: Date;
}

const chainPath = ["tls", "certificateChain"];
const keyPath = ["tls", "privateKey"];

/** Whether clients would accept the certificate and the daemons could use it. No text here holds any part of the key. */
export function validateCertificate({ certificateChain, privateKey, names, now }: GivenKeyPair): Problem[] {
  const chain = certificatesOf(certificateChain).map(readCertificate);
  const leaf = chain[0];
  if (leaf === undefined || chain.includes(undefined)) {
    return [
      problem(chainPath, "must be certificates in PEM form (-----BEGIN CERTIFICATE-----), that of the host first"),
    ];
  }
  const certificates = chain.filter((certificate) => certificate !== undefined);
  return [
    ...validateKey(certificates, leaf, privateKey),
    ...validateNames(leaf, names),
    ...validateOrder(certificates),
    ...certificates.flatMap((certificate) => validateTime(certificate, now)),
  ];
}

function validateKey(chain: readonly X509Certificate[], leaf: X509Certificate, privateKey: string): Problem[] {
  const key = readPrivateKey(privateKey);
  if (key === undefined) {
    return [problem(keyPath, "must be a private key in PEM form (-----BEGIN PRIVATE KEY-----) that is not encrypted")];
  }
  if (leaf.checkPrivateKey(key)) return [];
  return chain.some((certificate) => certificate.checkPrivateKey(key))
    ? [problem(chainPath, "must begin with the certificate of the host, the one that belongs to the private key")]
    : [problem(keyPath, `does not belong to the certificate of ${subject(leaf)}`)];
}

function validateNames(leaf: X509Certificate, names: readonly string[]): Problem[] {
  const covered = leaf.subjectAltName ?? "no name at all";
  return names
    .filter((name) => leaf.checkHost(name, { subject: "never" }) === undefined)
    .map((name) => problem(chainPath, `must cover the name ${name}, but covers ${covered}`));
}

function validateOrder(chain: readonly X509Certificate[]): Problem[] {
  return chain.flatMap((certificate, index) => {
    const next = chain[index + 1];
    if (next === undefined || certificate.checkIssued(next)) return [];
    return [
      problem(
        chainPath,
        `must go from the host's certificate upwards, but ${subject(certificate)} is not signed by ${subject(next)}`,
      ),
    ];
  });
}

function validateTime(certificate: X509Certificate, now: Date): Problem[] {
  const { validFromDate, validToDate } = certificate;
  if (now < validFromDate)
    return [problem(chainPath, `${subject(certificate)} is valid only from ${validFromDate.toISOString()}`)];
  if (now > validToDate) return [problem(chainPath, `${subject(certificate)} expired on ${validToDate.toISOString()}`)];
  return [];
}

function subject(certificate: X509Certificate): string {
  return certificate.subject.split("\n").join(", ");
}

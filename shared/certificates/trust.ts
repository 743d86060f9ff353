import type { X509Certificate } from "node:crypto";
import { getCACertificates } from "node:tls";
import { certificatesOf, oneLine, readCertificate } from "./certificateChain.ts";

/** The last certificate of a PEM text where it has signed itself: the authority that clients are to trust. */
export function authorityIn(pem: string): string | undefined {
  const last = lastOf(pem);
  return last !== undefined && isIssuedBy(last, last) ? last.toString() : undefined;
}

/** Whether it can be told here that clients trust a chain: by an authority in it, or by one that Node knows. */
export function isTrustKnown(pem: string): boolean {
  return authorityIn(pem) !== undefined || isOfKnownAuthority(pem);
}

/**
 * Why clients may not trust a chain; undefined where they do, or are to be told of the authority in it.
 *
 * @param place Where what is missing has to be put
 */
export function trustWarning(pem: string, place: string): string | undefined {
  const last = lastOf(pem);
  if (last === undefined || isTrustKnown(pem)) return undefined;
  const issuer = oneLine(last.issuer);
  return `clients may not trust the certificate: its chain ends with ${oneLine(last.subject)}, issued by ${issuer}, which is not known here: add the certificate of ${issuer} to ${place}`;
}

function isOfKnownAuthority(pem: string): boolean {
  const chain = certificatesOf(pem).map(readCertificate);
  // Not before it is needed: there are some hundred.
  const known = getCACertificates("default").map(readCertificate);
  return chain.some((certificate) =>
    known.some((issuer) => certificate !== undefined && issuer !== undefined && isIssuedBy(certificate, issuer)),
  );
}

function lastOf(pem: string): X509Certificate | undefined {
  return readCertificate(certificatesOf(pem).at(-1) ?? "");
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.issuer === issuer.subject && certificate.verify(issuer.publicKey);
}

import { createHash } from "node:crypto";
import { leafCertificate } from "./certificateChain.ts";

/**
 * What stands for a password hash wherever the hash itself may not: its scheme and eight hexadecimal digits of its
 * SHA-256, such as `{ARGON2ID}#1f2e3d4c`. Enough to see that a password changed, too little to try passwords against.
 */
export function hashFingerprint(hash: string): string {
  const scheme = /^\{[\w.-]+\}/.exec(hash)?.[0] ?? "";
  return `${scheme}#${createHash("sha256").update(hash).digest("hex").slice(0, 8)}`;
}

/**
 * What a preview tells of a certificate: common name, last day and SHA-256 fingerprint of the first certificate in
 * `pem`, such as `CN=mail.domain.tld, expires 2027-01-31, sha256 9f:86:...`.
 *
 * @throws Error when `pem` holds no certificate
 */
export function certificateFingerprint(pem: string): string {
  const certificate = leafCertificate(pem);
  const commonName = /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? "(none)";
  const expires = certificate.validToDate.toISOString().slice(0, 10);
  return `CN=${commonName}, expires ${expires}, sha256 ${certificate.fingerprint256.toLowerCase()}`;
}

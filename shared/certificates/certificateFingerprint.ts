import { createHash } from "node:crypto";
import { certificatesOf, leafCertificate } from "./certificateChain.ts";

/**
 * What a preview tells of a certificate: common name, last day and SHA-256 fingerprint of the first certificate in
 * `pem`, such as `CN=mail.domain.tld, expires 2027-01-31, sha256 9f:86:...`; and where others follow, what tells those from
 * others: `, chain 1f2e3d4c`.
 *
 * @throws Error when `pem` holds no certificate
 */
export function certificateFingerprint(pem: string): string {
  const certificate = leafCertificate(pem);
  const commonName = /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? "(none)";
  const expires = certificate.validToDate.toISOString().slice(0, 10);
  const [, ...above] = certificatesOf(pem);
  const chain = above.length === 0 ? "" : `, chain ${digest(above)}`;
  return `CN=${commonName}, expires ${expires}, sha256 ${certificate.fingerprint256.toLowerCase()}${chain}`;
}

/** However their lines are broken, it is the same. */
function digest(certificates: readonly string[]): string {
  const hash = createHash("sha256");
  for (const certificate of certificates) hash.update(certificate.replaceAll(/\s/g, ""));
  return hash.digest("hex").slice(0, 8);
}

import { leafCertificate, oneLine } from "./certificateChain.ts";

/** What an operator wants to know of the certificate that clients are shown. */
export interface CertificateFacts {
  /** The host names that it covers. */
  readonly names: readonly string[];
  /** Who signed it; absent where it signed itself. */
  readonly issuer?: string;
  /** The day on which it ends, in UTC, as YYYY-MM-DD. */
  readonly expires: string;
  /** Whole days until then, at the time of the preview or deployment. */
  readonly daysLeft: number;
}

/** Whoever renews by hand wants to know it in time. */
const warningDays = 30;

const dayMilliseconds = 24 * 3600 * 1000;

/** What is to be told of the first certificate in `pem`. */
export function certificateFacts(pem: string, now: Date): CertificateFacts {
  const { subject, issuer, subjectAltName = "", validToDate } = leafCertificate(pem);
  return {
    names: subjectAltName.split(", ").flatMap((name) => (name.startsWith("DNS:") ? [name.slice("DNS:".length)] : [])),
    ...(issuer === subject ? {} : { issuer: oneLine(issuer) }),
    expires: validToDate.toISOString().slice(0, 10),
    daysLeft: Math.floor((validToDate.getTime() - now.getTime()) / dayMilliseconds),
  };
}

/**
 * Why the certificate should be renewed soon; undefined where there is time.
 *
 * @param remedy Where the new one has to be put
 */
export function expiryWarning({ expires, daysLeft }: CertificateFacts, remedy: string): string | undefined {
  if (daysLeft >= warningDays) return undefined;
  return `the certificate ends on ${expires} (days left: ${daysLeft}), and nothing here renews it: ${remedy}`;
}

import { leafCertificate } from "./certificateChain.ts";

/**
 * Whether the first certificate in `pem` has less than a third of its time left: of 90 days, 30. That is when authorities expect
 * the renewal, whatever the length: https://letsencrypt.org/docs/integration-guide/#when-to-renew
 */
export function isRenewalDue(pem: string, now: Date): boolean {
  const { validFromDate, validToDate } = leafCertificate(pem);
  return validToDate.getTime() - now.getTime() <= (validToDate.getTime() - validFromDate.getTime()) / 3;
}

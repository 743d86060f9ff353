import { expect, test } from "vitest";
import { isRenewalDue } from "../../../../shared/certificates/renewal.ts";
import { makeCertificate } from "../../components/certificates.ts";

test.each([
  [90, 30],
  [45, 15],
  [6, 2],
])("a certificate of %i days is to be renewed when %i are left", async (days, left) => {
  const { certificate } = await makeCertificate("mail.domain.tld", { from: 0, to: days });
  const before = (daysLeft: number) => new Date(Date.now() + (days - daysLeft) * 24 * 3600 * 1000);
  expect(isRenewalDue(certificate, before(left + 0.1))).toBe(false);
  expect(isRenewalDue(certificate, before(left - 0.1))).toBe(true);
});

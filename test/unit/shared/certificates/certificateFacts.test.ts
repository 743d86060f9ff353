import { expect, test } from "vitest";
import { certificateFacts, expiryWarning } from "../../../../shared/certificates/certificateFacts.ts";
import { makeCertificate } from "../../components/certificates.ts";

const names = ["mail.domain.tld", "*.domain.tld"];
const authority = await makeCertificate("authority");
const issued = await makeCertificate("mail.domain.tld", { names, issuer: authority, to: 45 });
const day = 24 * 3600 * 1000;
const lastDay = new Date(Date.now() + 45 * day).toISOString().slice(0, 10);

test("the facts of a certificate are those of the first one, and its days count from now", () => {
  const chain = `${issued.certificate}\n${authority.certificate}`;
  expect(certificateFacts(chain, new Date())).toEqual({
    names,
    issuer: "CN=authority",
    expires: lastDay,
    daysLeft: 44,
  });
  expect(certificateFacts(chain, new Date(Date.now() + 20 * day)).daysLeft).toBe(24);
});

test("a certificate that has signed itself has no issuer to tell of", () => {
  expect(certificateFacts(authority.certificate, new Date())).not.toHaveProperty("issuer");
});

test("a warning begins when less than 30 days are left", () => {
  const facts = { names, expires: "2030-02-01" };
  expect(expiryWarning({ ...facts, daysLeft: 30 }, "do it")).toBeUndefined();
  expect(expiryWarning({ ...facts, daysLeft: 29 }, "do it")).toBe(
    "the certificate ends on 2030-02-01 (days left: 29), and nothing here renews it: do it",
  );
});

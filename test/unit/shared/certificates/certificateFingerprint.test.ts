import { expect, test } from "vitest";
import { certificateFingerprint } from "../../../../shared/certificates/certificateFingerprint.ts";
import { makeCertificate } from "../../components/certificates.ts";

const root = await makeCertificate("root");
const intermediate = await makeCertificate("intermediate", { issuer: root });
const renewed = await makeCertificate("intermediate", { issuer: root });
const leaf = await makeCertificate("mail.domain.tld", { issuer: intermediate });
const alone = certificateFingerprint(leaf.certificate);

test("a certificate is told by its name, its last day and its SHA-256", () => {
  expect(alone).toMatch(/^CN=mail\.domain\.tld, expires \d{4}-\d\d-\d\d, sha256 ([0-9a-f]{2}:){31}[0-9a-f]{2}$/);
});

test("those above it count too, however their lines are broken", () => {
  const withChain = certificateFingerprint(`${leaf.certificate}\n${intermediate.certificate}`);
  expect(withChain).toMatch(/, chain [0-9a-f]{8}$/);
  expect(withChain).toContain(alone);
  const broken = intermediate.certificate.replaceAll(/^(?!-).{20}/gm, "$&\r\n");
  expect(broken).not.toBe(intermediate.certificate);
  expect(certificateFingerprint(`${leaf.certificate}\n${broken}`)).toBe(withChain);
  expect(certificateFingerprint(`${leaf.certificate}\n${renewed.certificate}`)).not.toBe(withChain);
  expect(certificateFingerprint(`${leaf.certificate}\n${intermediate.certificate}\n${root.certificate}`)).not.toBe(
    withChain,
  );
});

import { beforeEach, expect, test, vi } from "vitest";
import { authorityIn, isTrustKnown, trustWarning } from "../../../../shared/certificates/trust.ts";
import { makeCertificate } from "../../components/certificates.ts";

/** The authorities that Node knows. */
const known = vi.hoisted((): string[] => []);
vi.mock("node:tls", async (load) => ({ ...(await load<typeof import("node:tls")>()), getCACertificates: () => known }));

const root = await makeCertificate("root");
const intermediate = await makeCertificate("intermediate", { issuer: root });
const leaf = await makeCertificate("mail.domain.tld", { names: ["mail.domain.tld"], issuer: intermediate });
const [short, long, full] = [[leaf], [leaf, intermediate], [leaf, intermediate, root]].map((chain) =>
  chain.map(({ certificate }) => certificate).join("\n"),
) as [string, string, string];

beforeEach(() => {
  known.length = 0;
});

test("the authority in a chain is the last certificate, where that has signed itself", () => {
  expect(authorityIn(full)?.trim()).toBe(root.certificate.trim());
  expect(authorityIn(root.certificate)?.trim()).toBe(root.certificate.trim());
  expect(authorityIn(long)).toBeUndefined();
  expect(authorityIn("no certificate")).toBeUndefined();
});

test("a namesake of the issuer is not it", async () => {
  known.push((await makeCertificate("root")).certificate);
  expect(isTrustKnown(long)).toBe(false);
});

test("a chain that leads to an authority that is known, or ends with its own, needs no warning", () => {
  expect(trustWarning(full, "the file")).toBeUndefined();
  known.push(root.certificate);
  expect(trustWarning(long, "the file")).toBeUndefined();
  expect(trustWarning("no certificate", "the file")).toBeUndefined();
});

test.each([
  ["the intermediate certificate", short, "mail.domain.tld", "intermediate", true],
  ["the authority", long, "intermediate", "root", false],
])("a warning tells that %s is missing", (_what, chain, last, missing, rootIsKnown) => {
  if (rootIsKnown) known.push(root.certificate);
  expect(trustWarning(chain, "mailhost:tls.certificateChain")).toBe(
    `clients may not trust the certificate: its chain ends with CN=${last}, issued by CN=${missing}, which is not known here: add the certificate of CN=${missing} to mailhost:tls.certificateChain`,
  );
});

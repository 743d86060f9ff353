import { createPrivateKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { bundle } from "../../../../components/tls/pem.ts";
import { validateCertificate } from "../../../../components/validation/validateCertificate.ts";
import { makeCertificate } from "../certificates.ts";

const root = await makeCertificate("root");
const authority = await makeCertificate("authority", { issuer: root });
const host = await makeCertificate("host", { issuer: authority, names: ["mail.domain.tld", "imap.domain.tld"] });
const stranger = await makeCertificate("stranger");
const chain = `${host.certificate}\n${authority.certificate}`;

function mistakes(
  given: { certificateChain?: string; privateKey?: string; names?: string[]; now?: Date } = {},
): string[] {
  const problems = validateCertificate({
    certificateChain: chain,
    privateKey: host.privateKey,
    names: ["mail.domain.tld"],
    now: new Date(),
    ...given,
  });
  return problems.map(({ propertyPath, reason }) => `${propertyPath}: ${reason}`);
}

test("accepts a certificate with its chain and key", () => {
  expect(mistakes()).toEqual([]);
  expect(mistakes({ certificateChain: host.certificate, names: ["mail.domain.tld", "imap.domain.tld"] })).toEqual([]);
});

test("accepts every form of a key that is not encrypted", () => {
  const key = createPrivateKey(host.privateKey);
  expect(mistakes({ privateKey: key.export({ type: "sec1", format: "pem" }).toString() })).toEqual([]);
});

test("accepts a name that a wildcard covers", async () => {
  const wildcard = await makeCertificate("host", { names: ["*.domain.tld"] });
  expect(mistakes({ certificateChain: wildcard.certificate, privateKey: wildcard.privateKey })).toEqual([]);
});

describe("rejects", () => {
  test("what is no certificate", () => {
    const mistake =
      "tls.certificateChain: must be certificates in PEM form (-----BEGIN CERTIFICATE-----), that of the host first";
    expect(mistakes({ certificateChain: "" })).toEqual([mistake]);
    expect(mistakes({ certificateChain: host.privateKey })).toEqual([mistake]);
    expect(mistakes({ certificateChain: host.certificate.replace(/[A-Z]{4}/, "!!!!") })).toEqual([mistake]);
  });

  test("what is no key, without showing it", () => {
    const mistake =
      "tls.privateKey: must be a private key in PEM form (-----BEGIN PRIVATE KEY-----) that is not encrypted";
    expect(mistakes({ privateKey: "hunter2" })).toEqual([mistake]);
    const encrypted = createPrivateKey(host.privateKey)
      .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "hunter2" })
      .toString();
    expect(mistakes({ privateKey: encrypted })).toEqual([mistake]);
  });

  test("the key of another certificate", () => {
    expect(mistakes({ privateKey: stranger.privateKey })).toEqual([
      "tls.privateKey: does not belong to the certificate of CN=host",
    ]);
  });

  test("a chain that begins at its other end", () => {
    const found = mistakes({ certificateChain: authority.certificate + host.certificate });
    expect(found[0]).toBe(
      "tls.certificateChain: must begin with the certificate of the host, the one that belongs to the private key",
    );
  });

  test("a chain with a stranger in it", () => {
    expect(mistakes({ certificateChain: host.certificate + stranger.certificate })).toEqual([
      "tls.certificateChain: must go from the host's certificate upwards, but CN=host is not signed by CN=stranger",
    ]);
  });

  test("a certificate for other names", () => {
    expect(mistakes({ names: ["mail.domain.tld", "smtp.domain.tld"] })).toEqual([
      "tls.certificateChain: must cover the name smtp.domain.tld, but covers DNS:mail.domain.tld, DNS:imap.domain.tld",
    ]);
  });

  test("a certificate that is no longer or not yet valid", async () => {
    const names = ["mail.domain.tld"];
    const expired = await makeCertificate("host", { names, from: -10, to: -2 });
    expect(mistakes({ certificateChain: expired.certificate, privateKey: expired.privateKey })).toEqual([
      expect.stringMatching(/^tls.certificateChain: CN=host expired on \d{4}-/),
    ]);
    const future = await makeCertificate("host", { names, from: 2, to: 10 });
    expect(mistakes({ certificateChain: future.certificate, privateKey: future.privateKey })).toEqual([
      expect.stringMatching(/^tls.certificateChain: CN=host is valid only from \d{4}-/),
    ]);
  });
});

test("the file of both daemons holds the key, then the certificate, then the chain, and nothing else", () => {
  const text = bundle(`\n${host.privateKey}\n`, `Bag Attributes\n${chain}\n\n`);
  expect(text).toBe(`${host.privateKey.trim()}\n${host.certificate.trim()}\n${authority.certificate.trim()}\n`);
});

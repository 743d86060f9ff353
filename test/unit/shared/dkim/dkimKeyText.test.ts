import { createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { describe, expect, test } from "vitest";
import { dkimKeyText, dkimRecordText, findDkimKeyMistake } from "../../../../shared/dkim/dkimKeyText.ts";

const pem = { type: "pkcs8", format: "pem" } as const;
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const ed25519 = generateKeyPairSync("ed25519").privateKey;

/** The key of a record, as a verifier reads it. */
function publicKeyOf(record: string) {
  const [, kind, key = ""] = /^v=DKIM1; k=(rsa|ed25519); p=([A-Za-z0-9+/]+=*)$/.exec(record) ?? [];
  const der = Buffer.from(key, "base64");
  if (kind === "rsa") return createPublicKey({ key: der, type: "spki", format: "der" });
  expect(der).toHaveLength(32);
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: der.toString("base64url") }, format: "jwk" });
}

const message = Buffer.from("a message");

test("the record of an RSA key verifies what the key signs", () => {
  const signature = sign("sha256", message, rsa);
  const record = dkimRecordText(String(rsa.export(pem)), "rsa");
  expect(verify("sha256", message, publicKeyOf(record), signature)).toBe(true);
});

test("the record of an Ed25519 key verifies what the key signs", () => {
  const signature = sign(null, message, ed25519);
  const record = dkimRecordText(String(ed25519.export(pem)), "ed25519");
  expect(verify(null, message, publicKeyOf(record), signature)).toBe(true);
});

test("rspamd gets an Ed25519 key as the base64 of its seed, which PEM is not", () => {
  // The first test vector of RFC 8032, 7.1.
  const seed = Buffer.from("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "hex");
  const publicHalf = Buffer.from("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "hex");
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  const text = `-----BEGIN PRIVATE KEY-----\n${der.toString("base64")}\n-----END PRIVATE KEY-----\n`;
  expect(dkimKeyText(text, "ed25519")).toBe(seed.toString("base64"));
  expect(dkimRecordText(text, "ed25519")).toBe(`v=DKIM1; k=ed25519; p=${publicHalf.toString("base64")}`);
});

test("rspamd gets an RSA key in PKCS #8, whichever form it was given in", () => {
  const pkcs1 = String(rsa.export({ type: "pkcs1", format: "pem" }));
  expect(dkimKeyText(pkcs1, "rsa")).toBe(rsa.export(pem));
});

describe("a key that is given is refused", () => {
  const small = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;
  test.each([
    ["that is none", "secret words", "rsa", /^is no private key/],
    ["of RSA for Ed25519", String(rsa.export(pem)), "ed25519", /^must be a key of ed25519, but is one of rsa$/],
    ["of Ed25519 for RSA", String(ed25519.export(pem)), "rsa", /^must be a key of rsa, but is one of ed25519$/],
    ["that is short", String(small.export(pem)), "rsa", /^must have 2048 to 4096 bits, but has 1024/],
  ] as const)("%s", (_what, text, algorithm, mistake) => {
    expect(findDkimKeyMistake(text, algorithm)).toMatch(mistake);
  });

  test("and others are not", () => {
    expect(findDkimKeyMistake(String(rsa.export(pem)), "rsa")).toBeUndefined();
    expect(findDkimKeyMistake(String(ed25519.export(pem)), "ed25519")).toBeUndefined();
  });
});

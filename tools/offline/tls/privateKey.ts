import { createPublicKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { z } from "zod";
import { type ComputedResource, computedResource } from "./computedResource.ts";
import { type Curve, curves } from "./keys.ts";
import { opensshKey } from "./openssh.ts";

const algorithms = ["RSA", "ECDSA"] as const;
const curveNames = Object.keys(curves) as [Curve, ...Curve[]];

/** The official default; the certificate library has no such curve, so that ECDSA needs another one by name. */
const officialDefaultCurve = "P224";

const inputs = z.strictObject({
  algorithm: z
    .enum(algorithms, { error: `the stand-in for the tls provider makes keys of ${algorithms.join(" and ")} only` })
    .describe("Kind of key: RSA or ECDSA."),
  ecdsaCurve: z
    .enum([officialDefaultCurve, ...curveNames], { error: `must be one of ${curveNames.join(", ")}` })
    .default(officialDefaultCurve)
    .describe("Curve of an ECDSA key."),
  rsaBits: z
    .int({ error: "must be a whole number of bits" })
    .min(2048, { error: "must be at least 2048" })
    .default(2048)
    .describe("Size of an RSA key."),
});

const outputs = z.object({
  privateKeyPem: z.string().describe("The private key in its own PEM form (EC or RSA PRIVATE KEY)."),
  privateKeyPemPkcs8: z.string().describe("The private key in PKCS#8 PEM form."),
  privateKeyOpenssh: z.string().describe("The private key as OpenSSH writes it."),
  publicKeyPem: z.string().describe("The public key in PEM form."),
  publicKeyOpenssh: z.string().describe("The public key as a line of authorized_keys."),
  publicKeyFingerprintMd5: z.string().describe("The public key's fingerprint, aa:bb:cc..."),
  publicKeyFingerprintSha256: z.string().describe("The public key's fingerprint, SHA256:..."),
});

type Inputs = z.infer<typeof inputs>;
type Outputs = z.infer<typeof outputs>;

const definition: ComputedResource<Inputs, Outputs> = {
  token: "tls:index/privateKey:PrivateKey",
  description: "A private key that lives in the state.",
  inputs,
  outputs,
  secrets: ["privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh"],
  check: ({ algorithm, ecdsaCurve }) =>
    algorithm === "ECDSA" && ecdsaCurve === officialDefaultCurve
      ? [{ property: "ecdsaCurve", reason: `must be one of ${curveNames.join(", ")} (the default is ${ecdsaCurve})` }]
      : [],
  async compute(given) {
    const privateKey = await generate(given);
    const publicKey = createPublicKey(privateKey);
    const openssh = opensshKey(privateKey);
    return {
      privateKeyPem: privateKey
        .export({ type: given.algorithm === "RSA" ? "pkcs1" : "sec1", format: "pem" })
        .toString(),
      privateKeyPemPkcs8: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      privateKeyOpenssh: openssh.privateKey,
      publicKeyPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
      publicKeyOpenssh: openssh.publicKey,
      publicKeyFingerprintMd5: openssh.fingerprintMd5,
      publicKeyFingerprintSha256: openssh.fingerprintSha256,
    };
  },
};

async function generate({ algorithm, ecdsaCurve, rsaBits }: Inputs): Promise<KeyObject> {
  const pair =
    algorithm === "RSA"
      ? await promisify(generateKeyPair)("rsa", { modulusLength: rsaBits })
      : await promisify(generateKeyPair)("ec", { namedCurve: nodeCurve(ecdsaCurve) });
  return pair.privateKey;
}

function nodeCurve(curve: Inputs["ecdsaCurve"]): string {
  return curve === officialDefaultCurve ? "secp224r1" : curves[curve].nodeName;
}

export const privateKey = computedResource(definition);

import { createPublicKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { z } from "zod";
import { type ComputedResource, computedResource } from "./computedResource.ts";

const algorithms = ["RSA", "ECDSA", "ED25519"] as const;

const inputs = z.strictObject({
  algorithm: z.enum(algorithms, { error: `must be ${algorithms.join(" or ")}` }).describe("Kind of key."),
  ecdsaCurve: z
    .literal("P256", { error: "must be P256: the stand-in for the tls provider has no other curve" })
    .optional()
    .describe("Curve of an ECDSA key."),
  rsaBits: z
    .int({ error: "must be a whole number of bits" })
    .min(2048, { error: "must be at least 2048" })
    .default(2048)
    .describe("Size of an RSA key."),
});

const outputs = z.object({
  privateKeyPem: z.string().describe("The private key in PEM form: PKCS #8, or of its own (EC or RSA PRIVATE KEY)."),
  privateKeyPemPkcs8: z.string().describe("The private key in PKCS #8 PEM form."),
  publicKeyPem: z.string().describe("The public key in PEM form."),
});

type Inputs = z.infer<typeof inputs>;
type Outputs = z.infer<typeof outputs>;

const definition: ComputedResource<Inputs, Outputs> = {
  token: "tls:index/privateKey:PrivateKey",
  description: "A private key that lives in the state.",
  inputs,
  outputs,
  secrets: ["privateKeyPem", "privateKeyPemPkcs8"],
  check: ({ algorithm, ecdsaCurve }) =>
    algorithm === "ECDSA" && ecdsaCurve === undefined
      ? [{ property: "ecdsaCurve", reason: "must be P256: the stand-in for the tls provider lacks the default, P224" }]
      : [],
  async compute(given) {
    const key = await generate(given);
    const pem = (type: "pkcs1" | "pkcs8" | "sec1") => key.export({ type, format: "pem" }).toString();
    return {
      privateKeyPem: pem(({ RSA: "pkcs1", ECDSA: "sec1", ED25519: "pkcs8" } as const)[given.algorithm]),
      privateKeyPemPkcs8: pem("pkcs8"),
      publicKeyPem: createPublicKey(key).export({ type: "spki", format: "pem" }).toString(),
    };
  },
};

async function generate({ algorithm, rsaBits }: Inputs): Promise<KeyObject> {
  const generatePair = promisify(generateKeyPair);
  switch (algorithm) {
    case "RSA":
      return (await generatePair("rsa", { modulusLength: rsaBits })).privateKey;
    case "ECDSA":
      return (await generatePair("ec", { namedCurve: "P-256" })).privateKey;
    case "ED25519":
      return (await generatePair("ed25519")).privateKey;
    default:
      return algorithm satisfies never;
  }
}

export const privateKey = computedResource(definition);

import { z } from "zod";
import { subjectInputs } from "./certificateInputs.ts";
import { type ComputedResource, computedResource } from "./computedResource.ts";

const inputs = z.strictObject({
  privateKeyPem: z.string().describe("Private key of the certificate to come, in PEM form."),
  ...subjectInputs,
});

const outputs = z.object({
  certRequestPem: z.string().describe("The request in PEM form."),
  keyAlgorithm: z.string().describe("Kind of the private key."),
});

const definition: ComputedResource<z.infer<typeof inputs>, z.infer<typeof outputs>> = {
  token: "tls:index/certRequest:CertRequest",
  description: "A certificate signing request.",
  inputs,
  outputs,
  secrets: ["privateKeyPem"],
  compute: async (given) => (await import("./signing.ts")).signRequest(given),
};

export const certRequest = computedResource(definition);

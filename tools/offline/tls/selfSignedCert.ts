import { z } from "zod";
import { certificateInputs, certificateOutputs, renewal, subjectInputs } from "./certificateInputs.ts";
import { type ComputedResource, computedResource } from "./computedResource.ts";

const inputs = z.strictObject({
  privateKeyPem: z.string().describe("Private key of the certificate, in PEM form."),
  ...certificateInputs,
  ...subjectInputs,
});

const outputs = z.object({ ...certificateOutputs, keyAlgorithm: z.string().describe("Kind of the private key.") });

const definition: ComputedResource<z.infer<typeof inputs>, z.infer<typeof outputs>> = {
  token: "tls:index/selfSignedCert:SelfSignedCert",
  description: "A certificate signed by its own key, such as that of a certificate authority.",
  inputs,
  outputs,
  secrets: ["privateKeyPem"],
  ...renewal,
  compute: async (given) => (await import("./signing.ts")).signItself(given),
};

export const selfSignedCert = computedResource(definition);

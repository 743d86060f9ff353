import { z } from "zod";
import { certificateInputs, certificateOutputs, renewal } from "./certificateInputs.ts";
import { type ComputedResource, computedResource } from "./computedResource.ts";

const inputs = z.strictObject({
  certRequestPem: z.string().describe("The request, in PEM form."),
  caCertPem: z.string().describe("The certificate of the authority, in PEM form."),
  caPrivateKeyPem: z.string().describe("The private key of the authority, in PEM form."),
  ...certificateInputs,
});

const outputs = z.object({
  ...certificateOutputs,
  caKeyAlgorithm: z.string().describe("Kind of the authority's key."),
});

const definition: ComputedResource<z.infer<typeof inputs>, z.infer<typeof outputs>> = {
  token: "tls:index/locallySignedCert:LocallySignedCert",
  description: "A certificate for a request, signed by a certificate authority.",
  inputs,
  outputs,
  secrets: ["caPrivateKeyPem"],
  ...renewal,
  compute: async (given) => (await import("./signing.ts")).signByAuthority(given),
};

export const locallySignedCert = computedResource(definition);

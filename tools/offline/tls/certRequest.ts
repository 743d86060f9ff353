import { z } from "zod";
import { type ComputedResource, computedResource } from "./computedResource.ts";
import { readSigningKey } from "./keys.ts";
import { alternativeNames, distinguishedName, subjectInputs } from "./subject.ts";
import { Pkcs10CertificateRequestGenerator } from "./x509.ts";

const inputs = z.strictObject({
  privateKeyPem: z.string().describe("Private key of the certificate to come, in PEM form."),
  ...subjectInputs,
});

const outputs = z.object({
  certRequestPem: z.string().describe("The request in PEM form."),
  keyAlgorithm: z.string().describe("Kind of the private key."),
});

type Inputs = z.infer<typeof inputs>;
type Outputs = z.infer<typeof outputs>;

const definition: ComputedResource<Inputs, Outputs> = {
  token: "tls:index/certRequest:CertRequest",
  description: "A certificate signing request.",
  inputs,
  outputs,
  secrets: ["privateKeyPem"],
  async compute({ privateKeyPem, subject, ...names }) {
    const { algorithm, keys, signingAlgorithm } = await readSigningKey(privateKeyPem, "privateKeyPem");
    const name = distinguishedName(subject);
    const request = await Pkcs10CertificateRequestGenerator.create({
      name,
      keys,
      signingAlgorithm,
      extensions: alternativeNames(names, name),
    });
    return { certRequestPem: `${request.toString("pem")}\n`, keyAlgorithm: algorithm };
  },
};

export const certRequest = computedResource(definition);

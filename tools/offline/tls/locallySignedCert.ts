import { z } from "zod";
import { OperationError } from "../../../provider/protocol/resource.ts";
import { certificateInputs, certificateOutputs, renewal, signCertificate } from "./certificate.ts";
import { type ComputedResource, computedResource } from "./computedResource.ts";
import { readSigningKey } from "./keys.ts";
import {
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
} from "./x509.ts";

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

type Inputs = z.infer<typeof inputs>;
type Outputs = z.infer<typeof outputs>;

const definition: ComputedResource<Inputs, Outputs> = {
  token: "tls:index/locallySignedCert:LocallySignedCert",
  description: "A certificate for a request, signed by a certificate authority.",
  inputs,
  outputs,
  secrets: ["caPrivateKeyPem"],
  ...renewal,
  async compute(given) {
    const request = readPem(given.certRequestPem, "certRequestPem is no certificate request", Pkcs10CertificateRequest);
    const authority = readPem(given.caCertPem, "caCertPem is no certificate", X509Certificate);
    const key = await readSigningKey(given.caPrivateKeyPem, "caPrivateKeyPem");
    if (!Buffer.from(authority.publicKey.rawData).equals(key.publicKey.export({ type: "spki", format: "der" }))) {
      throw new OperationError("caPrivateKeyPem is not the key of caCertPem");
    }
    const certificate = await signCertificate(given, {
      subject: request.subjectName,
      alternativeNames: request.extensions.filter((extension) => extension instanceof SubjectAlternativeNameExtension),
      publicKey: request.publicKey,
      issuer: authority.subjectName,
      issuerKey: key,
      issuerKeyId: authority.getExtension(SubjectKeyIdentifierExtension)?.keyId,
    });
    return { ...certificate, caKeyAlgorithm: key.algorithm };
  },
};

function readPem<Parsed>(pem: string, complaint: string, Type: new (pem: string) => Parsed): Parsed {
  try {
    return new Type(pem);
  } catch {
    throw new OperationError(`${complaint} in PEM form`);
  }
}

export const locallySignedCert = computedResource(definition);

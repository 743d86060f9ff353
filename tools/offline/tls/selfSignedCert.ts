import { z } from "zod";
import { certificateInputs, certificateOutputs, keyIdentifier, renewal, signCertificate } from "./certificate.ts";
import { type ComputedResource, computedResource } from "./computedResource.ts";
import { readSigningKey } from "./keys.ts";
import { alternativeNames, distinguishedName, isEmpty, subjectInputs } from "./subject.ts";
import { PublicKey } from "./x509.ts";

const inputs = z.strictObject({
  privateKeyPem: z.string().describe("Private key of the certificate, in PEM form."),
  setAuthorityKeyId: z.boolean().default(false).describe("Whether to name the signing key in the certificate."),
  ...certificateInputs,
  ...subjectInputs,
});

const outputs = z.object({ ...certificateOutputs, keyAlgorithm: z.string().describe("Kind of the private key.") });

type Inputs = z.infer<typeof inputs>;
type Outputs = z.infer<typeof outputs>;

const definition: ComputedResource<Inputs, Outputs> = {
  token: "tls:index/selfSignedCert:SelfSignedCert",
  description: "A certificate signed by its own key, such as that of a certificate authority.",
  inputs,
  outputs,
  secrets: ["privateKeyPem"],
  ...renewal,
  check({ isCaCertificate, subject, setAuthorityKeyId, setSubjectKeyId }) {
    const failures = [];
    if (isCaCertificate && isEmpty(distinguishedName(subject))) {
      failures.push({ property: "subject", reason: "a certificate authority needs one with at least one part" });
    }
    if (setAuthorityKeyId && !setSubjectKeyId && !isCaCertificate) {
      failures.push({ property: "setAuthorityKeyId", reason: "needs setSubjectKeyId: it names the same key" });
    }
    return failures;
  },
  async compute(given) {
    const key = await readSigningKey(given.privateKeyPem, "privateKeyPem");
    const publicKey = await PublicKey.create(key.keys.publicKey);
    const name = distinguishedName(given.subject);
    const certificate = await signCertificate(given, {
      subject: name,
      alternativeNames: alternativeNames(given, name),
      publicKey,
      issuer: name,
      issuerKey: key,
      issuerKeyId: given.setAuthorityKeyId ? await keyIdentifier(publicKey) : undefined,
    });
    return { ...certificate, keyAlgorithm: key.algorithm };
  },
};

export const selfSignedCert = computedResource(definition);

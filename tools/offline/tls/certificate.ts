import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { PropertyChange } from "../../../provider/protocol/changes.ts";
import { allowedUses, usageExtensions } from "./allowedUses.ts";
import type { SigningKey } from "./keys.ts";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  type Extension,
  type Name,
  type PublicKey,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from "./x509.ts";

const hour = 3_600_000;
const hours = () => z.int({ error: "must be a whole number of hours" }).min(0, { error: "must not be negative" });

/** Inputs that every kind of certificate has. */
export const certificateInputs = {
  allowedUses: allowedUses.describe("Key usages and extended key usages."),
  validityPeriodHours: hours().describe("Hours that the certificate is valid for, from now on."),
  earlyRenewalHours: hours().default(0).describe("Hours before its end at which the certificate is renewed."),
  isCaCertificate: z.boolean().default(false).describe("Whether the certificate may sign others."),
  maxPathLength: z.int().min(-1).optional().describe("Certificate authorities allowed below this one; -1: any number."),
  setSubjectKeyId: z
    .boolean()
    .default(false)
    .describe("Whether to name the key in the certificate; an authority always does."),
};

/** Outputs that every kind of certificate has. */
export const certificateOutputs = {
  certPem: z.string().describe("The certificate in PEM form."),
  readyForRenewal: z.boolean().describe("Whether the time of its renewal has come."),
  validityStartTime: z.string().describe("RFC 3339 time from which the certificate is valid."),
  validityEndTime: z.string().describe("RFC 3339 time until which the certificate is valid."),
};

type CertificateInputs = z.infer<z.ZodObject<typeof certificateInputs>>;
type CertificateOutputs = z.infer<z.ZodObject<typeof certificateOutputs>>;
type Renewable = Pick<CertificateInputs & CertificateOutputs, "validityEndTime" | "earlyRenewalHours">;

/** What certificates have that neither are nor depend on their inputs alone. */
interface Parties {
  subject: Name;
  alternativeNames: readonly Extension[];
  publicKey: PublicKey;
  issuer: Name;
  /** The key that signs. */
  issuerKey: SigningKey;
  /** The hexadecimal key identifier of the issuer, where the certificate is to name it. */
  issuerKeyId: string | undefined;
}

/** The identifier of a key, by which certificates name it. */
export async function keyIdentifier(publicKey: PublicKey): Promise<string> {
  return (await SubjectKeyIdentifierExtension.create(publicKey)).keyId;
}

/** Signs a certificate that is valid from now on. */
export async function signCertificate(inputs: CertificateInputs, parties: Parties): Promise<CertificateOutputs> {
  const { subject, alternativeNames, publicKey, issuer, issuerKey, issuerKeyId } = parties;
  // Certificates know whole seconds.
  const notBefore = new Date(Math.floor(Date.now() / 1000) * 1000);
  const notAfter = new Date(notBefore.getTime() + inputs.validityPeriodHours * hour);
  const namesItsKey = inputs.isCaCertificate || inputs.setSubjectKeyId;
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject,
    issuer,
    notBefore,
    notAfter,
    publicKey,
    signingKey: issuerKey.keys.privateKey,
    signingAlgorithm: issuerKey.signingAlgorithm,
    extensions: [
      ...usageExtensions(inputs.allowedUses),
      new BasicConstraintsExtension(inputs.isCaCertificate, pathLength(inputs), true),
      ...(namesItsKey ? [await SubjectKeyIdentifierExtension.create(publicKey)] : []),
      ...(issuerKeyId === undefined ? [] : [new AuthorityKeyIdentifierExtension(issuerKeyId)]),
      ...alternativeNames,
    ],
  });
  return {
    certPem: `${certificate.toString("pem")}\n`,
    readyForRenewal: false,
    validityStartTime: rfc3339(notBefore),
    validityEndTime: rfc3339(notAfter),
  };
}

/** 127 random bits: as unique as it gets, and positive in the certificate's encoding. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8(bytes.readUInt8(0) & 0x7f, 0);
  return bytes.toString("hex");
}

function pathLength({ isCaCertificate, maxPathLength }: CertificateInputs): number | undefined {
  return isCaCertificate && maxPathLength !== undefined && maxPathLength >= 0 ? maxPathLength : undefined;
}

function rfc3339(time: Date): string {
  return time.toISOString().replace(".000Z", "Z");
}

/** Whether the certificate has expired, or will within the hours of early renewal. */
export function isReadyForRenewal({ validityEndTime, earlyRenewalHours }: Renewable): boolean {
  return Date.now() >= Date.parse(validityEndTime) - earlyRenewalHours * hour;
}

/** How every kind of certificate ages; to be spread into its definition. */
export const renewal = {
  updatable: ["earlyRenewalHours"],
  current: (state: Renewable) => ({ readyForRenewal: isReadyForRenewal(state) }),
  due: (state: Renewable): PropertyChange[] =>
    isReadyForRenewal(state) ? [{ path: "readyForRenewal", kind: "update", replace: true }] : [],
};

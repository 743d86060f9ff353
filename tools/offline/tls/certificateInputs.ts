import { z } from "zod";
import type { PropertyChange } from "../../../provider/protocol/changes.ts";

/** What a certificate's key may be used for: those names of the tls provider that a mail host wants. */
export const keyUsages = ["digital_signature", "key_encipherment", "cert_signing", "crl_signing"] as const;
export const extendedKeyUsages = ["server_auth"] as const;

const uses = [...keyUsages, ...extendedKeyUsages];
const hour = 3_600_000;
const hours = () => z.int({ error: "must be a whole number of hours" }).min(0, { error: "must not be negative" });

/** The subject of a certificate or request. */
export const subjectInputs = {
  subject: z
    .strictObject({ commonName: z.string().describe("Distinguished name: CN.") })
    .describe("Whom the certificate belongs to."),
  dnsNames: z.array(z.string()).optional().describe("Host names."),
};

/** Inputs that every kind of certificate has. */
export const certificateInputs = {
  allowedUses: z
    .array(z.enum(uses, { error: `must be one of ${uses.join(", ")}` }))
    .describe("Key usages and extended key usages."),
  validityPeriodHours: hours().describe("Hours that the certificate is valid for, from now on."),
  earlyRenewalHours: hours().default(0).describe("Hours before its end at which the certificate is renewed."),
  isCaCertificate: z.boolean().default(false).describe("Whether the certificate may sign others."),
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

export type SubjectInputs = z.infer<z.ZodObject<typeof subjectInputs>>;
export type CertificateInputs = z.infer<z.ZodObject<typeof certificateInputs>>;
export type CertificateOutputs = z.infer<z.ZodObject<typeof certificateOutputs>>;
type Renewable = Pick<CertificateInputs & CertificateOutputs, "validityEndTime" | "earlyRenewalHours">;

/** Whether the certificate has expired, or will within the hours of early renewal. */
function isReadyForRenewal({ validityEndTime, earlyRenewalHours }: Renewable): boolean {
  return Date.now() >= Date.parse(validityEndTime) - earlyRenewalHours * hour;
}

/** How every kind of certificate ages; to be spread into its definition. */
export const renewal = {
  updatable: ["earlyRenewalHours"],
  current: (state: Renewable) => ({ readyForRenewal: isReadyForRenewal(state) }),
  due: (state: Renewable): PropertyChange[] =>
    isReadyForRenewal(state) ? [{ path: "readyForRenewal", kind: "update", replace: true }] : [],
};

import { isIP } from "node:net";
import { z } from "zod";
import { type JsonGeneralName, Name, SubjectAlternativeNameExtension } from "./x509.ts";

const part = (name: string) => z.string().optional().describe(`Distinguished name: ${name}.`);

const subject = z
  .strictObject({
    commonName: part("CN"),
    country: part("C"),
    emailAddress: part("emailAddress"),
    locality: part("L"),
    organization: part("O"),
    organizationalUnit: part("OU"),
    postalCode: part("postalCode"),
    province: part("ST"),
    serialNumber: part("serialNumber"),
    streetAddresses: z.array(z.string()).optional().describe("Distinguished name: street."),
  })
  .optional()
  .describe("Whom the certificate belongs to.");

/** Inputs that say whom a certificate or request is for. */
export const subjectInputs = {
  subject,
  dnsNames: z.array(z.string()).optional().describe("Host names."),
  ipAddresses: z
    .array(z.string().refine((value) => isIP(value) !== 0, { error: "must be an IP address" }))
    .optional()
    .describe("IP addresses."),
  uris: z
    .array(z.url({ error: "must be a URI" }))
    .optional()
    .describe("URIs."),
};

type Subject = z.infer<typeof subject>;
type Names = { dnsNames?: string[] | undefined; ipAddresses?: string[] | undefined; uris?: string[] | undefined };

/** The distinguished name, its parts in the order in which the official provider writes them. */
export function distinguishedName(given: Subject): Name {
  const { streetAddresses = [], emailAddress, ...single } = given ?? {};
  const parts: [type: string, value: string | undefined][] = [
    ["C", single.country],
    ["O", single.organization],
    ["OU", single.organizationalUnit],
    ["L", single.locality],
    ["ST", single.province],
    ...streetAddresses.map((street): [string, string] => ["2.5.4.9", street]),
    ["2.5.4.17", single.postalCode],
    ["CN", single.commonName],
    ["2.5.4.5", single.serialNumber],
  ];
  const written = parts.flatMap(([type, value]) => (value === undefined ? [] : [{ [type]: [encoded(value)] }]));
  return new Name(emailAddress === undefined ? written : [...written, { E: [{ ia5String: emailAddress }] }]);
}

/** The library gives some characters of a plain string a meaning; this takes each as it is. */
function encoded(value: string) {
  return /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value) ? { printableString: value } : { utf8String: value };
}

export function isEmpty(name: Name): boolean {
  return name.toJSON().length === 0;
}

/** The extension with all names, nothing where there is none. It is critical where it stands for an empty subject. */
export function alternativeNames(names: Names, subject: Name): SubjectAlternativeNameExtension[] {
  const all: JsonGeneralName[] = [
    ...(names.dnsNames ?? []).map((value) => ({ type: "dns" as const, value })),
    ...(names.ipAddresses ?? []).map((value) => ({ type: "ip" as const, value })),
    ...(names.uris ?? []).map((value) => ({ type: "url" as const, value })),
  ];
  return all.length === 0 ? [] : [new SubjectAlternativeNameExtension(all, isEmpty(subject))];
}

import { MailHost } from "./components/index.ts";
import { loadMailHostArgs } from "./config/load.ts";

/*
 * Pulumi's SDK records the stack at each resource, and its runner maps every line of it by source maps, those of the SDK itself,
 * which takes longer than all the rest of this program. Node runs the sources as they are: there is nothing to map.
 */
Reflect.deleteProperty(Error, "prepareStackTrace");

const mail = new MailHost("mail", loadMailHostArgs());

export const { hostname, endpoints, certificate, domains, webFiles, versions } = mail;

/** Null where the operator gave the certificate without it: an undefined stack output is warned of at each run. */
export const certificateAuthority = mail.certificateAuthority.apply((pem) => pem ?? null);

/** Null where another program renews the certificate, on the host. */
export const certificateFingerprint = mail.certificateFingerprint.apply((fingerprint) => fingerprint ?? null);

/** The keys are for programs that make resources of the records. */
export const dnsRecords = mail.dnsRecords.apply((records) => records.map(({ key: _, ...record }) => record));

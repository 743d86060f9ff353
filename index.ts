import { MailHost } from "./components/index.ts";
import { loadMailHostArgs } from "./config/load.ts";

const mail = new MailHost("mail", loadMailHostArgs());

export const { hostname, endpoints, certificate, domains, dnsRecords, versions } = mail;

/** Null where the operator gave the certificate without it: an undefined stack output is warned of at each run. */
export const certificateAuthority = mail.certificateAuthority.apply((pem) => pem ?? null);

/** Null where somebody else renews the certificate, on the host. */
export const certificateFingerprint = mail.certificateFingerprint.apply((fingerprint) => fingerprint ?? null);

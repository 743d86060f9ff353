import { MailHost } from "./components/index.ts";
import { loadMailHostArgs } from "./config.ts";

const mail = new MailHost("mail", loadMailHostArgs());

export const { hostname, endpoints, certificateFingerprint, domains, versions } = mail;

/** Null where the operator gave the certificate: an undefined stack output is warned of at each run. */
export const certificateAuthority = mail.certificateAuthority.apply((pem) => pem ?? null);

export type { CertificateFacts } from "../shared/certificates/certificateFacts.ts";
export type { DnsRecord } from "../shared/model/dnsRecord.ts";
export type { DnsRecordOutput } from "./dns/dnsRecordOutput.ts";
export type { DomainCounts, Endpoint, ValidMailHostArgs } from "./mailHost.ts";
export { MailHost } from "./mailHost.ts";
export type * from "./mailHostArgs.ts";
export { Passwords } from "./passwords.ts";
export type { Versions } from "./platform/mailPlatform.ts";
export { TlsCertificate, type TlsCertificateArgs } from "./tls/tlsCertificate.ts";

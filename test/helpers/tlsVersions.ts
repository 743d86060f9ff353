import type { ConnectionOptions, SecureVersion } from "node:tls";
import { ofRelease } from "./release.ts";

/** The versions that RFC 8996 forbids. */
export const oldTlsVersions = ["TLSv1", "TLSv1.1"] as const satisfies readonly SecureVersion[];

/** A client that speaks this version only, and everything that goes with it. */
export function onlyTls(version: SecureVersion): ConnectionOptions {
  return { minVersion: version, maxVersion: version, ciphers: "ALL:@SECLEVEL=0" };
}

/** What OpenSSL makes of a server's answer that it does not speak the version. */
export const refusedTlsVersion = { code: "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION" };

/** The same of Dovecot's: 2.3 closes the connection before the alert is sent, and says why in the log. */
export const refusedByDovecot = ofRelease({ debian13: refusedTlsVersion, debian12: { code: "ECONNRESET" } });

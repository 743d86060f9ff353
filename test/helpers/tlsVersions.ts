import type { ConnectionOptions, SecureVersion } from "node:tls";

/** The versions that RFC 8996 forbids. */
export const oldTlsVersions = ["TLSv1", "TLSv1.1"] as const satisfies readonly SecureVersion[];

/** A client that speaks this version only, and everything that goes with it. */
export function onlyTls(version: SecureVersion): ConnectionOptions {
  return { minVersion: version, maxVersion: version, ciphers: "ALL:@SECLEVEL=0" };
}

/** What OpenSSL makes of a server's answer that it does not speak the version. */
export const refusedTlsVersion = { code: "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION" };

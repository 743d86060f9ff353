import type { ResolvedMailHost } from "../../model/resolvedMailHost.ts";

/*
 * What a host needs rspamd for.
 */

/** Whether own mail gets DKIM signatures. */
export function signsMail({ dkim }: ResolvedMailHost): boolean {
  return dkim.length > 0;
}

/** Whether mail of others that is sent on gets an ARC seal: rspamd makes none by Ed25519. */
export function sealsMail({ dkim }: ResolvedMailHost): boolean {
  return dkim.some(({ algorithm }) => algorithm === "rsa");
}

/** Whether what users send goes through it. */
export function usesMilter(host: ResolvedMailHost): boolean {
  return signsMail(host) || host.postfix.fromHeader === "reject";
}

import { isIPv6 } from "node:net";

/** Ports of the mail host, by IANA service name. */
export const ports = { smtp: 25, submission: 587, imap: 143 } as const;

/** Listening sockets as `DaemonSteps.listen` names them: `203.0.113.10:25`, `[2001:db8::1]:25`, `*:25`. */
export function listeningSockets(addresses: readonly string[], servicePorts: readonly number[]): string[] {
  const hosts = addresses.length > 0 ? addresses.map((address) => (isIPv6(address) ? `[${address}]` : address)) : ["*"];
  return hosts.flatMap((host) => servicePorts.map((port) => `${host}:${port}`));
}

import { isIPv6 } from "node:net";
import type { ResolvedMailHost } from "./model/resolvedMailHost.ts";

/** Ports of the mail host, by IANA service name. */
export const ports = { smtp: 25, submission: 587, submissions: 465, imap: 143, imaps: 993 } as const;

/** Something of every service that is on. */
export type PerService<Value> = Record<"imap" | "submission" | "smtp", Value> &
  Partial<Record<"imaps" | "submissions", Value>>;

/** Where a service is met. */
export interface ServiceListener {
  /** The first address that its daemon listens on; absent where that is every address of the host. */
  readonly address?: string;
  readonly port: number;
}

/** What `describe` makes of each service that is on. */
export function describeServices<Value>(
  { postfix, dovecot }: ResolvedMailHost,
  describe: (listener: ServiceListener) => Value,
): PerService<Value> {
  const at = ({ listenAddresses: [address] }: { listenAddresses: readonly string[] }, port: number) =>
    describe({ ...(address === undefined ? {} : { address }), port });
  return {
    smtp: at(postfix, ports.smtp),
    submission: at(postfix, ports.submission),
    ...(postfix.submissions ? { submissions: at(postfix, ports.submissions) } : {}),
    imap: at(dovecot, ports.imap),
    ...(dovecot.imaps ? { imaps: at(dovecot, ports.imaps) } : {}),
  };
}

/** Listening sockets as `DaemonSteps` names them: `203.0.113.10:25`, `[2001:db8::1]:25`, `*:25`. */
export function listeningSockets(addresses: readonly string[], servicePorts: readonly number[]): string[] {
  const hosts = addresses.length > 0 ? addresses.map((address) => (isIPv6(address) ? `[${address}]` : address)) : ["*"];
  return hosts.flatMap((host) => servicePorts.map((port) => `${host}:${port}`));
}

import { isIPv6 } from "node:net";
import type { ResolvedMailHost } from "../shared/model/resolvedMailHost.ts";
import { type PerService, ports, type ServiceListener } from "../shared/services.ts";

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

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

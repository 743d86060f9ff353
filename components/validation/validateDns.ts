import { type Problem, problem } from "../settings/problem.ts";
import type { Settings } from "../settings/schema.ts";

/** Whether a policy for TLS can be served and kept: see `DnsArgs.mtaSts`. */
export function validateDns({ mtaSts, webServer }: Settings["dns"], tls: Settings["tls"] | undefined): Problem[] {
  if (mtaSts === undefined) return [];
  const path = ["dns", "mtaSts"];
  return [
    ...(webServer === undefined ? [problem(path, "needs dns.webServer, which serves the policy by HTTPS")] : []),
    ...(mtaSts === "enforce" && tls?.source === "self-signed"
      ? [
          problem(
            path,
            'must be "testing" with tls.source "self-signed": other servers know no such authority, and would deliver no mail',
          ),
        ]
      : []),
  ];
}

import type { ResolvedMailHost } from "../../model/resolvedMailHost.ts";

/** Where Dovecot writes what is wrong when it writes its log itself. */
export const ownLogFile = "/var/log/dovecot.log";

/** The files that Dovecot's messages end in. */
export function logFiles({ logging }: Pick<ResolvedMailHost, "logging">): string[] {
  const names = logging.method === "syslog" ? ["log", "info", "warn", "err", "lmtp"] : ["log", "-info.log"];
  return names.map((name) => `/var/log/dovecot${name.startsWith("-") ? "" : "."}${name}`);
}

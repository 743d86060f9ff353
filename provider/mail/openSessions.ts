import { lines, type Script, sh } from "../connection/shell.ts";
import { endServers } from "./postfixServers.ts";

/**
 * Ends what users who have been locked out may have open: a session goes on with what it was allowed when it began. Of
 * submission that is every session, because its owner is not visible from outside; mail programs try again.
 *
 * Within the second in which Dovecot has looked at a passwd file it does not look again: who comes back that fast gets in
 * by the old one. So this waits until that second is over, and one more for log-ins that were under way.
 */
export function endSessions(addresses: readonly string[], dovecotUnit: string, postfixUnit: string): Script {
  if (addresses.length === 0) return sh`:`;
  return sh`
sleep 2
if service_is_active ${dovecotUnit}; then
${lines(addresses.map((user) => sh`  doveadm kick ${user} >/dev/null 2>&1 || true`))}
fi
${endServers(postfixUnit, ["smtpd -n submission", "smtpd -n submissions"])}`;
}

import { hostname, userInfo } from "node:os";
import { mailRoot } from "../../shared/accounts.ts";
import { Script, sh } from "../connection/shell.ts";
import { STATE_DIRECTORY } from "./paths.ts";

/** How long a change waits for another one: as long as a person waits without wondering. */
const PATIENCE_SECONDS = 20;

/** Where changes write, and the programs that they run. */
const WRITTEN = [STATE_DIRECTORY, "/etc", mailRoot, "/var/spool", "/var/log", "/var/cache", "/usr", "/tmp", "/run"];

/** Names this run in the message for others that find the host locked. */
export function operator(): string {
  return `${userInfo().username} at ${hostname()}`;
}

/**
 * `script` under the host's lock: two runs from two machines never change a host at the same time. The lock is a
 * flock(1), so it ends with the process that holds it, however that ends.
 */
export function lockedScript(script: Script, operator: string): Script {
  return sh`
# A signal is for the change, which knows what to do; this shell outlives it.
trap : HUP INT TERM
(
set -eu
umask 077
mkdir -p ${STATE_DIRECTORY}
exec 9>>${STATE_DIRECTORY}/lock
if ! flock -w ${PATIENCE_SECONDS} 9; then
  echo "another deployment is changing this host: $(cat ${STATE_DIRECTORY}/lock.holder). Wait for it to end" >&2
  exit 75
fi
printf '%s, since %s\n' ${operator} "$(date '+%F %T %Z')" | write_to ${STATE_DIRECTORY}/lock.holder || {
  echo "${new Script(STATE_DIRECTORY)} cannot be written: is its file system full, or read-only? Nothing was changed" >&2
  exit 1
}
{
${script}
} 9>&-
)
code=$?
[ "$code" -eq 0 ] || explain_full_disks ${WRITTEN}
return "$code"`;
}

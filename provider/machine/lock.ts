import { hostname, userInfo } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { mailRoot } from "../../shared/accounts.ts";
import { HostOccupied } from "../connection/errors.ts";
import { Script, sh } from "../connection/shell.ts";
import { STATE_DIRECTORY } from "./paths.ts";

/** How long a change waits for another one: as long as a person waits without wondering. */
const PATIENCE_MS = 20_000;
const PAUSE_MS = 200;

const HOLDER = `${STATE_DIRECTORY}/lock.holder`;

/** Where changes write, and the programs that they run. */
const WRITTEN = [STATE_DIRECTORY, "/etc", mailRoot, "/var/spool", "/var/log", "/var/cache", "/usr", "/tmp", "/run"];

/** Names this run in the message for others that find the host locked. */
export function operator(): string {
  return `${userInfo().username} at ${hostname()}`;
}

/**
 * Two runs from two machines never change a host at the same time: a machine has one detached shell. Tries to get it for as long
 * as there is another one.
 *
 * @throws HostOccupied
 */
export async function inTurn<T>(change: () => Promise<T>): Promise<T> {
  for (const began = performance.now(); ; await delay(PAUSE_MS)) {
    try {
      return await change();
    } catch (error) {
      if (!(error instanceof HostOccupied) || performance.now() - began > PATIENCE_MS) throw error;
    }
  }
}

/** Fails, and says whose change it is that runs. */
export const tellHolder = sh`
echo "another deployment is changing this host: $(cat ${HOLDER}). Wait for it to end" >&2
return 1`;

/** `script` as the change that runs on the host. */
export function changeScript(script: Script, operator: string): Script {
  return sh`
# A signal is for the change, which knows what to do; this shell outlives it.
trap : HUP INT TERM
(
set -eu
umask 077
mkdir -p ${STATE_DIRECTORY}
printf '%s, since %s\n' ${operator} "$(date '+%F %T %Z')" | write_to ${HOLDER} || {
  echo "${new Script(STATE_DIRECTORY)} cannot be written: is its file system full, or read-only? Nothing was changed" >&2
  exit 1
}
${script}
)
code=$?
[ "$code" -eq 0 ] || explain_full_disks ${WRITTEN}
return "$code"`;
}

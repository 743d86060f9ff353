import { type Script, sh } from "../connection/shell.ts";
import { STATE_DIRECTORY } from "../machine/paths.ts";

/** For each daemon that has been configured: whether it was enabled, and ran, before. */
export const SERVICES = `${STATE_DIRECTORY}/services`;

/** Notes, once, what a service was like before its daemon is installed, which enables it, or configured, which starts it. */
export function noteService(unit: string): Script {
  const note = `${SERVICES}/${unit}`;
  return sh`
mkdir -p ${SERVICES}
[ -e ${note} ] || { service_facts ${unit} >${note}.part && sync ${note}.part && mv ${note}.part ${note} && sync ${SERVICES}; }`;
}

/** Prints what was noted, in the words of `service_facts`; nothing where nothing was. */
export function recallService(unit: string): Script {
  return sh`cat ${`${SERVICES}/${unit}`} 2>/dev/null || true`;
}

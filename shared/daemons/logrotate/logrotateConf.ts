import type { ResolvedMailHost } from "../../model/resolvedMailHost.ts";
import { renderTemplate } from "../../templates.ts";
import { logFiles } from "../dovecot/logFiles.ts";

export const logrotateConfPath = "/etc/logrotate.d/dovecot";

/** How Dovecot's log files are rotated: see logrotate(8). */
export function renderLogrotateConf(host: Pick<ResolvedMailHost, "logging">): string {
  const { method, keep } = host.logging;
  return renderTemplate(`logrotate${logrotateConfPath}`, { files: logFiles(host), method, keep });
}

import type { ResolvedMailHost } from "../../model/resolvedMailHost.ts";
import { renderTemplate } from "../../templates.ts";

export const rsyslogConfPath = "/etc/rsyslog.d/10-dovecot.conf";

/** Which message of Dovecot goes to which file: see rsyslog.conf(5). */
export function renderRsyslogConf({ logging }: Pick<ResolvedMailHost, "logging">): string {
  return renderTemplate(`rsyslog${rsyslogConfPath}`, { stopSyslogCopy: logging.stopSyslogCopy });
}

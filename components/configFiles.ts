import { type ConfigFile, publicFile } from "../shared/daemons/configFile.ts";
import { dovecotConfPath, renderDovecotConf } from "../shared/daemons/dovecot/dovecotConf.ts";
import { dovecotDropInPath, renderDovecotDropIn } from "../shared/daemons/dovecot/dovecotDropIn.ts";
import { logrotateConfPath, renderLogrotateConf } from "../shared/daemons/logrotate/logrotateConf.ts";
import { renderLocalAliases } from "../shared/daemons/postfix/localAliases.ts";
import { mainCfPath, renderMainCf } from "../shared/daemons/postfix/mainCf.ts";
import { masterCfPath, renderMasterCf } from "../shared/daemons/postfix/masterCf.ts";
import { postfixDropInPath, renderPostfixDropIn } from "../shared/daemons/postfix/postfixDropIn.ts";
import { renderRsyslogConf, rsyslogConfPath } from "../shared/daemons/rsyslog/rsyslogConf.ts";
import type { ResolvedMailHost } from "../shared/model/resolvedMailHost.ts";
import { localAliasTable } from "../shared/paths.ts";

/** Every configuration file of the host that holds no secret. */
export function renderConfigFiles(host: ResolvedMailHost): ConfigFile[] {
  return [
    publicFile(dovecotConfPath, renderDovecotConf(host)),
    publicFile(mainCfPath, renderMainCf(host)),
    publicFile(masterCfPath, renderMasterCf(host)),
    publicFile(localAliasTable, renderLocalAliases(host)),
    publicFile(dovecotDropInPath, renderDovecotDropIn()),
    publicFile(postfixDropInPath, renderPostfixDropIn()),
    ...(host.logging.method === "syslog" ? [publicFile(rsyslogConfPath, renderRsyslogConf(host))] : []),
    publicFile(logrotateConfPath, renderLogrotateConf(host)),
  ];
}

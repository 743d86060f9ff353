import { type ConfigFile, publicFile } from "./configFile.ts";
import { dovecotConfPath, renderDovecotConf } from "./dovecot/dovecotConf.ts";
import { logrotateConfPath, renderLogrotateConf } from "./logging/logrotateConf.ts";
import { renderRsyslogConf, rsyslogConfPath } from "./logging/rsyslogConf.ts";
import type { ResolvedMailHost } from "./model/resolvedMailHost.ts";
import { localAliasTable } from "./paths.ts";
import { renderLocalAliases } from "./postfix/localAliases.ts";
import { mainCfPath, renderMainCf } from "./postfix/mainCf.ts";
import { masterCfPath, renderMasterCf } from "./postfix/masterCf.ts";
import { dovecotDropInPath, renderDovecotDropIn } from "./systemd/dovecotDropIn.ts";
import { postfixDropInPath, renderPostfixDropIn } from "./systemd/postfixDropIn.ts";

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

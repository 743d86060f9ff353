import { type ConfigFile, publicFile } from "./configFile.ts";
import { dovecotConfPath, renderDovecotConf } from "./dovecot/dovecotConf.ts";
import type { ResolvedMailHost } from "./model/resolvedMailHost.ts";
import { localAliasTable, refusedRecipientTable } from "./paths.ts";
import { renderLocalAliases } from "./postfix/localAliases.ts";
import { mainCfPath, renderMainCf } from "./postfix/mainCf.ts";
import { masterCfPath, renderMasterCf } from "./postfix/masterCf.ts";
import { renderRefusedRecipients } from "./postfix/refusedRecipients.ts";

/** Every configuration file of the host that holds no secret. */
export function renderConfigFiles(host: ResolvedMailHost): ConfigFile[] {
  return [
    publicFile(dovecotConfPath, renderDovecotConf(host)),
    publicFile(mainCfPath, renderMainCf(host)),
    publicFile(masterCfPath, renderMasterCf(host)),
    publicFile(localAliasTable, renderLocalAliases(host)),
    publicFile(refusedRecipientTable, renderRefusedRecipients(host)),
  ];
}

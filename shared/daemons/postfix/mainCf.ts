import { vmail } from "../../accounts.ts";
import type { ResolvedMailHost } from "../../model/resolvedMailHost.ts";
import { lmtpSocket, localAliasTable, quotaStatusSocket } from "../../paths.ts";
import { tables } from "../../tables.ts";
import { renderTemplate } from "../../templates.ts";

export const mainCfPath = "/etc/postfix/main.cf";

/** The text of main.cf, see postconf(5). */
export function renderMainCf(host: ResolvedMailHost): string {
  return renderTemplate(`postfix${mainCfPath}`, {
    hostname: host.hostname,
    inetProtocols: host.inetProtocols,
    listenAddresses: host.postfix.listenAddresses,
    mynetworks: host.postfix.mynetworks,
    recipientDelimiter: host.recipientDelimiter,
    domains: host.domains.map(({ name }) => name),
    mapType: host.release.mapType,
    messageSizeLimit: host.messageSizeLimit,
    minimumProtocol: host.minimumProtocol,
    vmail,
    tables,
    lmtpSocket,
    quotaStatusSocket,
    localAliasTable,
    certificateFile: host.certificateFile,
    privateKeyFile: host.privateKeyFile,
    parameters: host.postfix.parameters.filter(({ service }) => service === undefined),
  });
}

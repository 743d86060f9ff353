import { vmail } from "../../accounts.ts";
import type { ResolvedMailHost } from "../../model/resolvedMailHost.ts";
import {
  headerCheckTable,
  lmtpSocket,
  localAliasTable,
  milterSocket,
  quotaStatusSocket,
  srsPorts,
} from "../../paths.ts";
import { tables } from "../../tables.ts";
import { renderTemplate } from "../../templates.ts";
import { signsMail, usesMilter } from "../rspamd/uses.ts";

export const mainCfPath = "/etc/postfix/main.cf";

/** What is said of an address that only SMTPUTF8 could carry; 5.6.7 is of RFC 6531. */
const notAscii = "553 5.6.7 Addresses here are ASCII: write a domain in its xn-- form";

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
    notAscii,
    vmail,
    tables,
    lmtpSocket,
    quotaStatusSocket,
    localAliasTable,
    headerCheckTable,
    signs: signsMail(host),
    usesMilter: usesMilter(host),
    milterSocket,
    srs: host.postfix.srs,
    srsPorts,
    certificateFile: host.certificateFile,
    privateKeyFile: host.privateKeyFile,
    parameters: host.postfix.parameters.filter(({ service }) => service === undefined),
  });
}

import type { ResolvedMailHost } from "../../model/resolvedMailHost.ts";
import { authSocket, headerCheckTable, milterSocket } from "../../paths.ts";
import { tables } from "../../tables.ts";
import { renderTemplate } from "../../templates.ts";
import { sealsMail, usesMilter } from "../rspamd/uses.ts";
import { clientCheckTable, clientHiding } from "./clientChecks.ts";
import { addServiceOptions } from "./masterServices.ts";

export const masterCfPath = "/etc/postfix/master.cf";

/** The text of master.cf, see master(5). */
export function renderMasterCf(host: ResolvedMailHost): string {
  const text = renderTemplate(`postfix${masterCfPath}`, {
    submissionServices: ["submission", ...(host.postfix.submissions ? ["submissions"] : [])],
    clientHiding: clientHiding[host.release.name],
    clientAddressInHeaders: host.postfix.clientAddressInHeaders,
    headerCheckTable,
    clientCheckTable,
    mapType: host.release.mapType,
    authSocket,
    seals: sealsMail(host),
    usesMilter: usesMilter(host),
    milterSocket,
    tables,
  });
  return addServiceOptions(text, host.postfix.parameters, "# From mailhost:postfix.parameters.");
}

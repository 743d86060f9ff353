import type { ResolvedMailHost } from "../model/resolvedMailHost.ts";
import { authSocket, refusedRecipientTable, senderLoginTable } from "../paths.ts";
import { renderTemplate } from "../templates.ts";

export const masterCfPath = "/etc/postfix/master.cf";

/** The text of master.cf, see master(5). */
export function renderMasterCf(host: ResolvedMailHost): string {
  return renderTemplate(`postfix${masterCfPath}`, {
    submissionServices: ["submission", ...(host.postfix.submissions ? ["submissions"] : [])],
    mapType: host.release.mapType,
    authSocket,
    senderLoginTable,
    refusedRecipientTable,
  });
}

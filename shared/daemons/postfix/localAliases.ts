import type { ResolvedMailHost } from "../../model/resolvedMailHost.ts";
import { localAliasTable } from "../../paths.ts";
import { renderTemplate } from "../../templates.ts";

/** The text of the aliases of the host's own users, see local(8). */
export function renderLocalAliases(host: ResolvedMailHost): string {
  return renderTemplate(`postfix${localAliasTable}`, { postmaster: host.postmaster });
}

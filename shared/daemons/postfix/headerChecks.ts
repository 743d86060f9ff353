import type { ResolvedMailHost } from "../../model/resolvedMailHost.ts";
import { headerCheckTable } from "../../paths.ts";
import { renderTemplate } from "../../templates.ts";

/** The text of header_checks, see header_checks(5). */
export function renderHeaderChecks({ hostname }: ResolvedMailHost): string {
  return renderTemplate(`postfix${headerCheckTable}`, { hostname: hostname.replaceAll(".", String.raw`\.`) });
}

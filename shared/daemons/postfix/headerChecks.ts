import type { ResolvedMailHost } from "../../model/resolvedMailHost.ts";
import { headerCheckTable } from "../../paths.ts";
import { renderTemplate } from "../../templates.ts";

/** The text of header_checks, see header_checks(5). */
export function renderHeaderChecks({ hostname }: ResolvedMailHost): string {
  return renderTemplate(`postfix${headerCheckTable}`, { hostname: patternOf(hostname) });
}

/** The expression that a host name alone fits: see regexp_table(5). */
export function patternOf(hostname: string): string {
  return hostname.replaceAll(".", String.raw`\.`);
}

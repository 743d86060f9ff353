import type { ResolvedMailHost } from "../../model/resolvedMailHost.ts";
import type { ByRelease } from "../../releases/release.ts";
import { renderTemplate } from "../../templates.ts";
import { patternOf } from "./headerChecks.ts";

/** How a message of a user can be kept from telling where it was sent from: smtpd(8) itself can since Postfix 3.10. */
export const clientHiding: ByRelease<"smtpd_hide_client_session" | "header_checks"> = {
  debian13: "smtpd_hide_client_session",
  debian12: "header_checks",
};

export const clientCheckTable = "/etc/postfix/client_header_checks";

type Host = Pick<ResolvedMailHost, "hostname" | "postfix" | "release">;

/** Whether cleanup(8) has to take the client out of users' messages. */
export function needsClientChecks({ postfix, release }: Omit<Host, "hostname">): boolean {
  return clientHiding[release.name] === "header_checks" && !postfix.clientAddressInHeaders;
}

/** The text of client_header_checks, see header_checks(5). */
export function renderClientChecks({ hostname }: Host): string {
  return renderTemplate(`postfix${clientCheckTable}`, { name: hostname, hostname: patternOf(hostname) });
}

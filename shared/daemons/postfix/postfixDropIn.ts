import type { ResolvedMailHost } from "../../model/resolvedMailHost.ts";
import { renderTemplate } from "../../templates.ts";
import { processUnit } from "./units.ts";

export const postfixDropInPath = "/etc/systemd/system/postfix.service.d/mailhost.conf";

/** What is added to Debian's postfix.service: see systemd.unit(5), drop-in files. */
export function renderPostfixDropIn({ release }: Pick<ResolvedMailHost, "release">): string {
  return renderTemplate(`systemd${postfixDropInPath}`, { processUnit: processUnit[release.name] });
}

import { renderTemplate } from "../../templates.ts";

export const postfixDropInPath = "/etc/systemd/system/postfix.service.d/mailhost.conf";

/** What is added to Debian's postfix.service: see systemd.unit(5), drop-in files. */
export function renderPostfixDropIn(): string {
  return renderTemplate(`systemd${postfixDropInPath}`, {});
}

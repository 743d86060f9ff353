import { mailRoot } from "../../accounts.ts";
import { renderTemplate } from "../../templates.ts";

export const dovecotDropInPath = "/etc/systemd/system/dovecot.service.d/mailhost.conf";

/** What is added to Debian's dovecot.service: see systemd.unit(5), drop-in files. */
export function renderDovecotDropIn(): string {
  return renderTemplate(`systemd${dovecotDropInPath}`, { mailRoot });
}

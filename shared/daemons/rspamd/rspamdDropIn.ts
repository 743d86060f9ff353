import { dirname } from "node:path";
import { milterSocket, postfixQueue } from "../../paths.ts";
import { renderTemplate } from "../../templates.ts";

export const rspamdDropInPath = "/etc/systemd/system/rspamd.service.d/mailhost.conf";

/** What is added to Debian's rspamd.service: see systemd.unit(5), drop-in files. */
export function renderRspamdDropIn(): string {
  return renderTemplate(`systemd${rspamdDropInPath}`, { directory: dirname(`${postfixQueue}/${milterSocket}`) });
}

import { sh } from "../connection/shell.ts";
import type { Host } from "../machine/host.ts";
import { noDomains } from "./homes.ts";

/** Seconds for which the size of all mail is waited for. */
const PATIENCE_SECONDS = 60;

/** Says how much mail there is below `mailRoot`, and that it stays. */
export async function keptMail(host: Host, mailRoot: string): Promise<string> {
  const ofUsers = noDomains.flatMap((name) => ["!", "-path", `${mailRoot}/${name}/*`]);
  const answer = await host.ask(sh`
find ${mailRoot} -mindepth 2 -maxdepth 2 -type d ${ofUsers} 2>/dev/null | wc -l
timeout ${PATIENCE_SECONDS} du -sh -- ${mailRoot} 2>/dev/null | cut -f 1`);
  const [homes = "", size] = answer.split("\n");
  const mailboxes = homes === "1" ? "1 mailbox" : `${homes} mailboxes`;
  return `all mail stays on the host, in ${mailRoot}: ${mailboxes}, ${size || "of a size that takes long to tell"}`;
}

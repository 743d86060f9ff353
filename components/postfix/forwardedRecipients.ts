import type { ResolvedMailHost } from "../model/resolvedMailHost.ts";
import { forwardedRecipientTable } from "../paths.ts";
import { renderTemplate } from "../templates.ts";

/** The text of the table of mailboxes whose mail goes elsewhere without a copy, see access(5). */
export function renderForwardedRecipients(host: ResolvedMailHost): string {
  const addresses = host.domains
    .flatMap(({ mailboxes }) => mailboxes)
    .filter(({ address, forward }) => forward.length > 0 && !forward.includes(address))
    .map(({ address }) => address);
  return renderTemplate(`postfix${forwardedRecipientTable}`, { addresses });
}

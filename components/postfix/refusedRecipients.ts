import type { ResolvedMailHost } from "../model/resolvedMailHost.ts";
import { refusedRecipientTable } from "../paths.ts";
import { renderTemplate } from "../templates.ts";

/** The text of the table of addresses that are refused although their domain has a catch-all, see access(5). */
export function renderRefusedRecipients(host: ResolvedMailHost): string {
  const addresses = host.domains.flatMap(({ refused }) => refused);
  return renderTemplate(`postfix${refusedRecipientTable}`, { addresses });
}

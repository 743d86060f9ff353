import type { ResolvedMailHost } from "../model/resolvedMailHost.ts";

/*
 * Source texts of the Postfix tables of all addresses: one `key value` line each, sorted by key, see postmap(1).
 */

/** `virtual_mailbox_maps`: the mailboxes that take mail. Postfix asks only whether an address is there. */
export function renderVirtualMailboxMap(host: ResolvedMailHost): string {
  return table(enabledMailboxes(host).map((address) => [address, [address]]));
}

/** `virtual_alias_maps`: who gets the mail for an alias. */
export function renderVirtualAliasMap(host: ResolvedMailHost): string {
  return table(aliases(host).map(({ address, members }) => [address, members]));
}

/**
 * `smtpd_sender_login_maps`: every address with all users who may send as it.
 *
 * An address without owner is left out, and with reject_sender_login_mismatch nobody may send as it.
 */
export function renderSenderLoginMap(host: ResolvedMailHost): string {
  const ofMailboxes = enabledMailboxes(host).map((address) => [address, [address]] as const);
  const ofAliases = aliases(host).map(({ address, senders }) => [address, senders] as const);
  return table([...ofMailboxes, ...ofAliases].filter(([, owners]) => owners.length > 0));
}

/** Addresses of all mailboxes that are not disabled. */
export function enabledMailboxes(host: ResolvedMailHost): string[] {
  return host.domains
    .flatMap(({ mailboxes }) => mailboxes)
    .filter(({ enabled }) => enabled)
    .map(({ address }) => address);
}

function aliases(host: ResolvedMailHost) {
  return host.domains.flatMap(({ aliases }) => aliases);
}

function table(entries: readonly (readonly [key: string, values: readonly string[]])[]): string {
  return entries
    .map(([key, values]) => `${key} ${values.join(", ")}\n`)
    .sort()
    .join("");
}

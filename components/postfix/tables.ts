import type { ResolvedMailHost } from "../model/resolvedMailHost.ts";

/*
 * Source texts of the Postfix tables of all addresses: one `key value` line each, sorted by key, see postmap(1).
 */

/** `virtual_mailbox_maps`: the mailboxes that take mail. Postfix asks only whether an address is there. */
export function renderVirtualMailboxMap(host: ResolvedMailHost): string {
  return table(enabledMailboxes(host).map((address) => [address, [address]]));
}

/**
 * `virtual_alias_maps`: who gets the mail for an alias, for a mailbox that forwards, and, with the key `@domain`, for all
 * addresses that are not defined.
 *
 * Postfix takes the last before it looks at mailboxes, so beside it each address that must not be caught stands for
 * itself. What is then no mailbox bounces, if it was not refused before: see refused_recipients.
 */
export function renderVirtualAliasMap(host: ResolvedMailHost): string {
  return table(
    host.domains.flatMap(({ name, mailboxes, aliases, catchAll, refused }) => {
      const forwarding = mailboxes.filter(({ forward }) => forward.length > 0);
      const kept = mailboxes.filter(({ enabled, forward }) => enabled && forward.length === 0);
      const ownLines = [...kept.map(({ address }) => address), ...refused].map(
        (address) => [address, [address]] as const,
      );
      return [
        ...aliases.map(({ address, members }) => [address, members] as const),
        ...forwarding.map(({ address, forward }) => [address, forward] as const),
        ...(catchAll.length > 0 ? [[`@${name}`, catchAll] as const, ...ownLines] : []),
      ];
    }),
  );
}

/**
 * `smtpd_sender_login_maps`: every address with all users who may send as it.
 *
 * An address without owner is left out, and with reject_sender_login_mismatch nobody may send as it.
 */
export function renderSenderLoginMap({ senders }: ResolvedMailHost): string {
  return table([...senders]);
}

/** Addresses of all mailboxes that are not disabled. */
export function enabledMailboxes(host: ResolvedMailHost): string[] {
  return host.domains
    .flatMap(({ mailboxes }) => mailboxes)
    .filter(({ enabled }) => enabled)
    .map(({ address }) => address);
}

function table(entries: readonly (readonly [key: string, values: readonly string[]])[]): string {
  return entries
    .map(([key, values]) => `${key} ${values.join(", ")}\n`)
    .sort()
    .join("");
}

import type { ResolvedMailbox, ResolvedMailHost } from "../../shared/model/resolvedMailHost.ts";

/*
 * Source texts of the Postfix tables of all addresses: one `key value` line each, sorted by key, see postmap(1).
 */

/** `virtual_mailbox_maps`: the mailboxes that take mail. Postfix asks only whether an address is there. */
export function renderVirtualMailboxMap(host: ResolvedMailHost): string {
  return table(enabledMailboxes(host).map((address) => [address, [address]]));
}

/**
 * `virtual_alias_maps`: the recipients of the mail for an alias, for a mailbox that forwards, and, with the key `@domain`, for all
 * addresses that are not defined.
 *
 * Postfix takes the last before it looks at mailboxes, so beside it each address that must not be caught stands for
 * itself. What is then no mailbox bounces, if it was not refused before: see {@link renderRefusedRecipients}.
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
 * An address without owner is left out, and with reject_sender_login_mismatch no user may send as it.
 */
export function renderSenderLoginMap({ senders }: ResolvedMailHost): string {
  return table([...senders]);
}

const userUnknown = "5.1.1 User unknown";

/**
 * Mailboxes that are disabled, for `transport_maps`: see transport(5).
 *
 * Dovecot would still deliver to them what has not been refused by smtpd(8): mail that a Sieve script sends on, that a
 * program of the host sends, or that was in the queue.
 */
export function renderTransportMap(host: ResolvedMailHost): string {
  const disabled = allMailboxes(host).filter(({ enabled }) => !enabled);
  return withHeading(
    "Mailboxes that are disabled",
    table(disabled.map(({ address }) => [address, [`error:${userUnknown}`]])),
  );
}

/**
 * Addresses without recipient in domains with a catch-all, for `check_recipient_access`: see access(5). Their mail
 * would be accepted, because `virtual_alias_maps` has the domain. Other unknown addresses need no line here.
 */
export function renderRefusedRecipients(host: ResolvedMailHost): string {
  return withHeading(
    "Addresses that the catch-all of their domain must not take",
    table(host.domains.flatMap(({ refused }) => refused.map((address) => [address, [`550 ${userUnknown}`]]))),
  );
}

/**
 * Mailboxes that keep no copy of the mail they forward, for `check_recipient_access`: it goes on even where the mailbox
 * is full.
 */
export function renderForwardedRecipients(host: ResolvedMailHost): string {
  const forwarded = allMailboxes(host).filter(
    ({ address, forward }) => forward.length > 0 && !forward.includes(address),
  );
  return withHeading(
    "Mailboxes that keep no copy of what they forward",
    table(forwarded.map(({ address }) => [address, ["OK"]])),
  );
}

/** Addresses of all mailboxes that are not disabled. */
export function enabledMailboxes(host: ResolvedMailHost): string[] {
  return allMailboxes(host)
    .filter(({ enabled }) => enabled)
    .map(({ address }) => address);
}

function allMailboxes({ domains }: ResolvedMailHost): ResolvedMailbox[] {
  return domains.flatMap(({ mailboxes }) => mailboxes);
}

function table(entries: readonly (readonly [key: string, values: readonly string[]])[]): string {
  return entries
    .map(([key, values]) => `${key} ${values.join(", ")}\n`)
    .sort()
    .join("");
}

/** A text that is empty at first would be shown as one long line in the preview that fills it. */
function withHeading(heading: string, text: string): string {
  return `# ${heading}\n${text}`;
}

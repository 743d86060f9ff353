/** Limits of Dovecot's processes, see https://doc.dovecot.org/2.4.1/core/config/service.html. */
export interface ProcessLimits {
  readonly imapProcessLimit: number;
  readonly loginProcesses: number;
  readonly loginClientLimit: number;
  readonly authClientLimit: number;
  readonly anvilClientLimit: number;
}

/** Programs of one user that are connected at the same time: a phone, a desk and a connection to spare. */
const sessionsPerMailbox = 4;

/** Dovecot's own default; fewer would be worse than untuned. */
const leastSessions = 1024;

/** About what 32 GB of memory hold. */
const mostSessions = 16_384;

/**
 * Limits that let every user of `mailboxes` mailboxes be connected.
 *
 * A login process keeps the TLS of its sessions, so all login processes together must hold all sessions; `auth` and
 * `anvil` must hold a connection of each process that may ask them, else Dovecot warns at each start.
 */
export function computeProcessLimits(mailboxes: number): ProcessLimits {
  const sessions = Math.min(Math.max(mailboxes * sessionsPerMailbox, leastSessions), mostSessions);
  return {
    imapProcessLimit: sessions,
    // Not the number of cores, which a preview of a new host cannot know; more than a small host has do no harm.
    loginProcesses: 4,
    loginClientLimit: sessions,
    authClientLimit: 5 * sessions,
    anvilClientLimit: 2 * sessions,
  };
}

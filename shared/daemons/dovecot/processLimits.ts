/** Limits of Dovecot's services, see https://doc.dovecot.org/2.4.1/core/config/service.html. */
export interface ProcessLimits {
  /** Sessions that can be open at the same time; each has an `imap` process of its own. */
  readonly sessions: number;
  /** Processes of `imap-login`. */
  readonly loginProcesses: number;
  /** Connections to a service that every process of Dovecot may ask. */
  readonly sharedServiceClients: number;
}

/** Programs of one user that are connected at the same time: a phone, a desk, and some to spare. */
const sessionsPerMailbox = 4;

/** Dovecot's own default. */
const leastSessions = 1024;

/** About what 32 GB of memory hold, at less than 2 MB for each. */
const mostSessions = 16_384;

/** Processes that are no session: deliveries, log-ins, authentication for Postfix. */
const otherProcesses = 1000;

/** Limits that let the users of that many mailboxes be connected, all at the same time. */
export function computeProcessLimits(mailboxes: number): ProcessLimits {
  // In powers of two: else each new mailbox of a large host would change dovecot.conf and reload Dovecot.
  const wanted = 2 ** Math.ceil(Math.log2(Math.max(mailboxes * sessionsPerMailbox, leastSessions)));
  const sessions = Math.min(wanted, mostSessions);
  return {
    sessions,
    // As many as a small host has cores, or some more; how many they are, a preview of a new host cannot know.
    loginProcesses: 4,
    sharedServiceClients: sessions + otherProcesses,
  };
}

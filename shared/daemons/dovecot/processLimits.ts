/** Limits of Dovecot's services, see https://doc.dovecot.org/2.4.1/core/config/service.html. */
export interface ProcessLimits {
  /** Sessions that can be open at the same time; each has an `imap` process of its own. */
  readonly sessions: number;
  /** Processes of `imap-login`. */
  readonly loginProcesses: number;
  /** Processes of `lmtp`: connections of Postfix that deliver, or are kept open for the next delivery. */
  readonly deliveries: number;
  /** Processes of `quota-status`: questions of Postfix at the same time. */
  readonly quotaQuestions: number;
  /** Connections to a service that every process of Dovecot may ask, and Postfix for log-ins. */
  readonly sharedServiceClients: number;
}

/** Programs of one user that are connected at the same time: a phone, a desk, and some to spare. */
const sessionsPerMailbox = 4;

/** Dovecot's own default. */
const leastSessions = 1024;

/** About what 32 GB of memory hold, at less than 2 MB for each. */
const mostSessions = 16_384;

/** Processes that are neither a session nor there for Postfix: log-ins, workers of authentication, commands. */
const otherProcesses = 300;

/** What the limits are to be enough for. */
export interface ProcessDemand {
  readonly mailboxes: number;
  /** `mail_max_userip_connections`: sessions of one user from one address. */
  readonly userSessions: number;
  /** Postfix's `default_process_limit`. */
  readonly postfixProcesses: number;
}

/**
 * Limits that let the users of that many mailboxes be connected, all at the same time, while Postfix has as many
 * processes of each of its services as it may have.
 */
export function computeProcessLimits({ mailboxes, userSessions, postfixProcesses }: ProcessDemand): ProcessLimits {
  // In powers of two: else each new mailbox of a large host would change dovecot.conf and reload Dovecot.
  const most = Math.max(mailboxes * sessionsPerMailbox, userSessions, leastSessions);
  const wanted = 2 ** Math.ceil(Math.log2(most));
  const sessions = Math.min(wanted, mostSessions);
  const deliveries = 2 * postfixProcesses;
  // On 25, 587 and 465.
  const quotaQuestions = 3 * postfixProcesses;
  // On 587 and 465.
  const submissions = 2 * postfixProcesses;
  return {
    sessions,
    // As many as a small host has cores, or some more; how many they are, a preview of a new host cannot know.
    loginProcesses: 4,
    deliveries,
    quotaQuestions,
    sharedServiceClients: sessions + deliveries + quotaQuestions + submissions + otherProcesses,
  };
}

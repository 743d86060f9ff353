import type { TestHost } from "../../tools/testhost/host.ts";

interface Entry {
  readonly identifier: string;
  /** As syslog(3) counts: 4 is a warning, less is worse. */
  readonly priority: number;
  readonly message: string;
}

/** What a busy machine makes Postfix say; it is about the machine. */
const machineTroubles = [/file system clock is \d+ seconds? ahead of local clock/, /resetting file time stamps/];

/**
 * What Postfix says where users have been disabled, enabled or removed: what serves them, or has read the old tables, is
 * ended, be it before it has served anybody to the end.
 */
export const endedByLockOut = [
  /^postfix\/master: warning: process \S+\/(?:smtpd|trivial-rewrite) pid \d+ killed by signal 15$/,
  /^postfix\/master: warning: \S+\/(?:smtpd|trivial-rewrite): bad command startup -- throttling$/,
  // Dovecot 2.3 ends a session by a signal.
  /^dovecot: imap\(\d+\): Warning: Killed with signal 15 \(by pid=\d+ uid=0 code=kill\)$/,
];

/** What Dovecot says of a reload. */
export const dovecotReload = /^dovecot: master: Warning: SIGHUP received - reloading configuration/;

/** What Dovecot may say of a stop or a restart, on a busy host more than on an idle one. */
export const dovecotStop = [
  /^dovecot: [^:]+: Warning: Killed with signal 15 /,
  // A client that has not finished its last line.
  /^dovecot: log\(\d+\): Warning: Shutting down logging for '[a-z-]+: ' with \d+ clients/,
  // The statistics may end before the authentication.
  /^dovecot: auth: Error: conn unix:\/run\/dovecot\/stats-writer .* failed: Connection refused/,
];

/**
 * What the mail daemons, and systemd about them, have complained of since the host was made.
 *
 * @param provoked What the tests did on purpose
 */
export async function complaints(host: TestHost, provoked: readonly RegExp[] = []): Promise<string[]> {
  const entries = await readJournal(host, "");
  return entries
    .filter(isComplaint)
    .map(({ identifier, message }) => `${identifier}: ${message}`)
    .filter((line) => ![...machineTroubles, ...provoked].some((pattern) => pattern.test(line)));
}

/** A moment, to ask what was said after it. */
export async function journalCursor(host: TestHost): Promise<string> {
  const { stdout } = await host.run("journalctl --quiet --lines=0 --show-cursor");
  return stdout.replace(/^-- cursor: /, "").trim();
}

/** How often the daemons have been started or have read their configuration anew since a moment. */
export async function activationsSince(host: TestHost, cursor: string): Promise<number> {
  const entries = await readJournal(host, `--after-cursor='${cursor}'`);
  return entries.filter(
    ({ identifier, message }) => isOfMail(identifier) && /\b(?:reload|SIGHUP|starting)/.test(message),
  ).length;
}

async function readJournal(host: TestHost, options: string): Promise<Entry[]> {
  const { stdout } = await host.run(`journalctl --quiet --no-pager --output=json ${options}`);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map(parseEntry);
}

function parseEntry(json: string): Entry {
  const entry: Record<string, unknown> = JSON.parse(json);
  return {
    identifier: String(entry.SYSLOG_IDENTIFIER),
    priority: Number(entry.PRIORITY ?? 6),
    message: String(entry.MESSAGE),
  };
}

function isComplaint({ identifier, priority, message }: Entry): boolean {
  const isAbout = isOfMail(identifier) || (identifier === "systemd" && /dovecot|postfix/.test(message));
  return isAbout && (priority <= 4 || /\b(?:warning|error|fatal|panic): /i.test(message));
}

function isOfMail(identifier: string): boolean {
  return /^(?:dovecot|postfix)/.test(identifier);
}

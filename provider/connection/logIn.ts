import type { Outcome } from "./connection.ts";
import type { Transport } from "./transport.ts";

/** As much of what was said as a message shows. */
const MANY_LINES = 3;
const LONG_LINE = 200;

/** Shells as they name themselves before a complaint. */
const NAMED_SHELL = /^-?(?:\/\S*\/)?(bash|rbash|dash|sh|zsh|fish|csh|tcsh|ksh|nologin|false)(?=: |:\d)/m;

/** Why a log-in ended, or did something else, before a command of ours began. */
export function logInProblem({ user, userSetting }: Transport, outcome: Outcome): string {
  const said = everything(outcome);
  const shell = shellIn(said);
  return (
    `${userSetting}: the log-in of ${user} on the host${shell === undefined ? "" : ` (shell ${shell})`} ` +
    `ended with exit code ${outcome.code} before a command began, and said ${shown(said)}: ${logInRemedy(user, said, shell)}`
  );
}

/** Why a command that began did not become a script of root. */
export function rootProblem({ user, userSetting }: Transport, outcome: Outcome): string {
  const said = everything(outcome);
  // Only a remark: sudo goes on.
  const refusal = said.replaceAll(/^sudo: unable to resolve host.*\n?/gm, "");
  if (/^Failed to |systemd-run/m.test(refusal)) {
    return `systemd-run(1) on the host did not start the change, which has not begun, and said ${shown(refusal)}`;
  }
  if (user !== "root" && /sudo: |password|sudoers/i.test(refusal)) {
    const { problem, remedy } = refusalOfSudo(user, refusal);
    return `${userSetting}: ${user} ${problem} (${refusal.trim()}): ${remedy}, or log in as root`;
  }
  return (
    `${userSetting}: the log-in of ${user} on the host began a command, but its script did not arrive; it said ${shown(said)}: ` +
    `what the log-in runs (${logInFiles(user)}) must not read standard input`
  );
}

/** Its shell, where what it says tells. */
function shellIn(said: string): string | undefined {
  return /account is currently not available/i.test(said) ? "nologin" : NAMED_SHELL.exec(said)?.[1];
}

function logInRemedy(user: string, said: string, shell: string | undefined): string {
  if (isExpired(said)) return newPassword(user);
  if (shell === "nologin" || shell === "false") {
    return `give it a shell that runs commands, by \`usermod --shell /bin/bash ${user}\` on the host, or log in as another user`;
  }
  return `it must run the command that SSH asks for. Look at its shell (\`getent passwd ${user}\`), at ${logInFiles(user)}, at ForceCommand in the host's /etc/ssh/sshd_config and at command= in authorized_keys`;
}

function refusalOfSudo(user: string, refusal: string): { problem: string; remedy: string } {
  if (/must have a tty/.test(refusal)) {
    const remedy = `put \`Defaults:${user} !requiretty\` into a file in the host's /etc/sudoers.d`;
    return { problem: "may not become root without a terminal", remedy };
  }
  if (isExpired(refusal)) {
    return { problem: "may not become root, because the password has expired", remedy: newPassword(user) };
  }
  const rights = `give ${user} "NOPASSWD: ALL" in the host's /etc/sudoers.d`;
  if (/not found|no such file/i.test(refusal)) {
    return { problem: "cannot become root without sudo", remedy: `install it on the host and ${rights}` };
  }
  return { problem: "may not become root without a password", remedy: rights };
}

function isExpired(said: string): boolean {
  return /expired|password change required|account validation failure/i.test(said);
}

function newPassword(user: string): string {
  return `set another password of ${user} on the host (\`passwd ${user}\`), or let it not expire (\`chage --maxdays -1 ${user}\`)`;
}

function logInFiles(user: string): string {
  return `~${user}/.bashrc, ~${user}/.config/fish/config.fish, /etc/profile`;
}

function everything({ stdout, stderr }: Outcome): string {
  return `${stdout.trim()}\n${stderr.trim()}`.trim();
}

/** Its first lines, in one. */
function shown(said: string): string {
  if (said === "") return "nothing";
  const lines = said.split("\n").map((line) =>
    line
      .replaceAll(/\p{Cc}/gu, "")
      .trim()
      .slice(0, LONG_LINE),
  );
  const words = lines.filter((line) => line !== "");
  return JSON.stringify(words.slice(0, MANY_LINES).join(" / ") + (words.length > MANY_LINES ? " ..." : ""));
}

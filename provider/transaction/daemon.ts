import { readFileSync } from "node:fs";

/**
 * A daemon that takes part in a configuration change. Its shell file defines, on the host,
 * - `NAME_check STAGE`: is the staged configuration sound? Nothing that opens a socket reaches a daemon unchecked;
 * - `NAME_prepare STAGE`: prints `reload` or `restart`, whatever the staged change needs;
 * - `NAME_activate ACTION`: starts, reloads or restarts the daemon;
 * - `NAME_probe LISTENER...`: does it serve what it should? A listener is `ADDRESS:PORT`, or `tls:ADDRESS:PORT` where TLS
 *   begins at once;
 * - `NAME_probe_tls LISTENER...`: and inside TLS? Asked when all daemons have been activated;
 * - `NAME_messages CURSOR`: what it complained of since that moment of the journal;
 * - `NAME_refusals CURSOR`: of that, what means that the configuration cannot work.
 *
 * Each says on standard error what is wrong.
 */
export interface Daemon {
  name: "rsyslog" | "logrotate" | "postfix" | "dovecot";
  unit: string;
  /** Names of the processes that hold its listening sockets. */
  processes: readonly string[];
  /** The configuration key that its listening addresses come from. */
  listenKey: string;
  /** The one that turns its listener on where TLS begins at once. */
  tlsListenKey?: string;
  /** Whether it serves the whole host and so goes on when this configuration is removed. */
  isShared: boolean;
  /** Whether a change of this file concerns it. */
  concerns(path: string): boolean;
  /** What its listeners speak before STARTTLS, where it reads key and certificate, wherever they lie. */
  certificateProtocol?: "smtp" | "imap";
  shell: string;
}

const shellFile = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");
const daemonShell = (name: string) => shellFile(`../../shared/daemons/${name}/${name}.sh`);

/**
 * In the order of their activation: what logs comes before what is logged, and Postfix makes the directory that
 * Dovecot's sockets for it lie in.
 */
export const DAEMONS: readonly Daemon[] = [
  {
    name: "rsyslog",
    unit: "rsyslog.service",
    processes: [],
    listenKey: "mailhost:logging",
    isShared: true,
    concerns: (path) => path.startsWith("/etc/rsyslog.d/"),
    shell: daemonShell("rsyslog"),
  },
  {
    name: "logrotate",
    unit: "logrotate.service",
    processes: [],
    listenKey: "mailhost:logging",
    isShared: true,
    concerns: (path) => path.startsWith("/etc/logrotate.d/"),
    shell: daemonShell("logrotate"),
  },
  {
    name: "postfix",
    unit: "postfix.service",
    processes: ["master"],
    listenKey: "mailhost:postfix.listenAddresses",
    tlsListenKey: "mailhost:postfix.submissions",
    isShared: false,
    concerns: (path) =>
      path.startsWith("/etc/postfix/") || path.startsWith("/etc/systemd/system/postfix.") || path === "/etc/aliases",
    certificateProtocol: "smtp",
    shell: daemonShell("postfix"),
  },
  {
    name: "dovecot",
    unit: "dovecot.service",
    processes: ["dovecot"],
    listenKey: "mailhost:dovecot.listenAddresses",
    tlsListenKey: "mailhost:dovecot.imaps",
    isShared: false,
    concerns: (path) => path.startsWith("/etc/dovecot/") || path.startsWith("/etc/systemd/system/dovecot."),
    certificateProtocol: "imap",
    shell: daemonShell("dovecot"),
  },
];

/** Functions that the daemons' files and the transaction share. */
export const COMMON_SHELL = shellFile("common.sh");

/** What ties the daemons' functions together. */
export const TRANSACTION_SHELL = shellFile("transaction.sh");

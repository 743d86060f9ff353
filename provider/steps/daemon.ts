import { readFileSync } from "node:fs";

/**
 * A daemon that takes part in a configuration change. Its shell file defines, on the host,
 * - `NAME_check STAGE`: is the staged configuration sound? Nothing that opens a socket reaches a daemon unchecked;
 * - `NAME_prepare STAGE`: prints `reload` or `restart`, whatever the staged change needs;
 * - `NAME_activate ACTION`: starts, reloads or restarts the daemon;
 * - `NAME_probe ADDRESS:PORT...`: does it serve what it should?
 * - `NAME_messages CURSOR`: what it complained of since that moment of the journal;
 * - `NAME_refusals CURSOR`: of that, what means that the configuration cannot work.
 *
 * Each says on standard error what is wrong.
 */
export interface Daemon {
  name: "postfix" | "dovecot";
  unit: string;
  /** Names of the processes that hold its listening sockets. */
  processes: readonly string[];
  /** The configuration key that its listening addresses come from. */
  listenKey: string;
  /** Whether a change of this file concerns it. */
  concerns(path: string): boolean;
  shell: string;
}

const shellFile = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");

/** Both daemons read the certificate. */
const isCertificate = (path: string) => path.startsWith("/etc/ssl/");

/** In the order of their activation: Postfix makes the directory that Dovecot's sockets for it lie in. */
export const DAEMONS: readonly Daemon[] = [
  {
    name: "postfix",
    unit: "postfix.service",
    processes: ["master"],
    listenKey: "mailhost:postfix.listenAddresses",
    concerns: (path) => path.startsWith("/etc/postfix/") || path === "/etc/aliases" || isCertificate(path),
    shell: shellFile("postfix.sh"),
  },
  {
    name: "dovecot",
    unit: "dovecot.service",
    processes: ["dovecot"],
    listenKey: "mailhost:dovecot.listenAddresses",
    concerns: (path) => path.startsWith("/etc/dovecot/") || isCertificate(path),
    shell: shellFile("dovecot.sh"),
  },
];

/** Functions that the daemons' files and the transaction share. */
export const COMMON_SHELL = shellFile("common.sh");

/** What ties the daemons' functions together. */
export const TRANSACTION_SHELL = shellFile("transaction.sh");

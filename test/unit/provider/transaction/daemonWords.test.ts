import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { transactionShell } from "../../../../provider/transaction/shell.ts";
import { daemons } from "../../../../shared/daemons/registry.ts";
import { useTemporaryFolder } from "../../../helpers/temporaryFolder.ts";

const folder = useTemporaryFolder();

/** What `call` prints when the log of every service holds these lines, as journalctl(1) shows them. */
function ask(call: string, log: readonly string[]): string[] {
  const lines = log.map((line) => `Nov 29 07:46:58 ${line}\n`).join("");
  const script = `set -eu
log_since() {
command cat <<'END_OF_LOG'
${lines}END_OF_LOG
}
postconf() { :; }
dovecot_own_log=${join(folder(), "own.log")}
${daemons.map(({ name }) => `${name}_unit=${name}.service ${name}_processes=${name}`).join("\n")}
${transactionShell(daemons)}
changed=${join(folder(), "changed")}
${call}`;
  return execFileSync("sh", ["-s"], { input: script, encoding: "utf8" })
    .split("\n")
    .filter((line) => line !== "");
}

describe("a daemon's own complaints are heard", () => {
  test("Postfix's master, and what other programs end with", () => {
    const log = [
      "postfix/master[12]: fatal: bind 0.0.0.0 port 25: Address already in use",
      "postfix/master[12]: warning: process /usr/lib/postfix/sbin/cleanup pid 13 exit status 1",
      "postfix/cleanup[13]: fatal: open database /etc/postfix/virtual.lmdb: No such file or directory",
    ];
    const bind = "fatal: bind 0.0.0.0 port 25: Address already in use";
    expect(ask("hook postfix messages 'c 0'", log)).toEqual([
      bind,
      "warning: process /usr/lib/postfix/sbin/cleanup pid 13 exit status 1",
      "postfix/cleanup: fatal: open database /etc/postfix/virtual.lmdb: No such file or directory",
    ]);
    expect(ask("hook postfix refusals 'c 0'", log)).toEqual([bind]);
  });

  test("Dovecot's master and programs, in the system's log and in its own", () => {
    const refusal = "master: Error: Error in configuration file /etc/dovecot/dovecot.conf line 3: Unknown setting: x";
    const log = [`dovecot[12]: ${refusal}`, "dovecot[12]: auth: Panic: assertion failed"];
    writeFileSync(join(folder(), "own.log"), "before\nNov 29 07:46:58 config: Error: later\n");
    expect(ask("hook dovecot messages 'c 7'", log)).toEqual([
      refusal,
      "auth: Panic: assertion failed",
      "config: Error: later",
    ]);
    expect(ask("hook dovecot refusals 'c 7'", log)).toEqual([refusal, "config: Error: later"]);
  });

  test("rsyslog's about a file that changed, and about the logs that it names", () => {
    const changed = join(folder(), "changed");
    writeFileSync(changed, "# /var/log/other.log\nlocal1.* -/var/log/dovecot.log\n");
    const log = [
      "rsyslogd[12]: file '/var/log/dovecot.log': open error: Permission denied [v8.2504.0]",
      "rsyslogd[12]: file '/var/log/other.log': open error: Permission denied [v8.2504.0]",
      "rsyslogd[12]: cannot connect to 192.0.2.1:514: Connection refused, error 111",
    ];
    const call = `rsyslog_names() { grep -v '^#' "$1" | grep -o '/var/log/[a-z.]*'; }; hook rsyslog messages 'c 0'`;
    expect(ask(call, log)).toEqual([log[0]]);
  });
});

describe("text from outside is none", () => {
  const noise = "x: master: Error: Fatal: Panic: fatal: panic: error: postfix/master[1]: fatal: x";

  test("in what Postfix says of mail, and of its own end", () => {
    const log = [
      `postfix/smtpd[12]: NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 550 5.1.1 <${noise}@domain.tld>: Recipient address rejected`,
      `postfix/cleanup[12]: 4ABC: warning: header Subject: ${noise}`,
      "postfix/smtpd[12]: fatal: no SASL authentication mechanisms",
      "postfix/master[1]: warning: process /usr/lib/postfix/sbin/smtpd pid 2 exit status 1",
      `someone[12]: fatal: ${noise}`,
      "postfix/master[1]: fatal: master_sigdeath: kill process group: No such process",
    ];
    expect(ask("hook postfix messages 'c 0'; hook postfix refusals 'c 0'", log)).toEqual([]);
  });

  test("in what Dovecot says of those who log in", () => {
    const log = [
      `dovecot[12]: imap-login: Login aborted: Connection closed: user=<${noise}>, rip=192.0.2.1`,
      `dovecot[12]: auth(${noise}): Info: unknown user`,
      "dovecot[12]: auth(x): Fatal: y,192.0.2.1): Info: unknown user",
      `dovecot[12]: lmtp(alice@domain.tld)<1><2>: Info: msgid=<${noise}>: saved mail to INBOX`,
    ];
    expect(ask("hook dovecot messages 'c 0'; hook dovecot refusals 'c 0'", log)).toEqual([]);
  });

  test("nor is it the word that a daemon has read its configuration", () => {
    const says = (daemon: string, ...log: string[]) =>
      ask(
        `await_word() { says "$1" 'c 0' "$2" 2>/dev/null && echo said; }; doveadm() { :; }; postfix() { :; }; ${daemon}_reload || true`,
        log,
      );
    const word = "master: Warning: SIGHUP received - reloading configuration";
    expect(says("dovecot", `dovecot[12]: ${word}`)).toEqual(["said"]);
    expect(says("dovecot", `dovecot[12]: imap-login: Login aborted: user=<: ${word}>, rip=192.0.2.1`)).toEqual([]);
    expect(says("postfix", "postfix/master[12]: reload -- version 3.10.13, configuration /etc/postfix")).toEqual([
      "said",
    ]);
    expect(says("postfix", "postfix/smtpd[12]: warning: x/master[12]: reload -- version 3.10.13")).toEqual([]);
  });
});

test("what `postfix check` says of messages that leave the queue meanwhile is no mistake of the configuration", () => {
  const missing = "postfix/postfix-script: fatal: data directory missing";
  const said = [
    "find: '/var/spool/postfix/incoming/239385.18144': No such file or directory",
    "find: '/var/spool/postfix/deferred/A/A1B2C3': No such file or directory",
    "find: '/nowhere/.': No such file or directory",
    missing,
  ];
  const call = `postfix_check_complaints <<'END_OF_WORDS'\n${said.join("\n")}\nEND_OF_WORDS`;
  expect(ask(call, [])).toEqual(said.slice(2));
});

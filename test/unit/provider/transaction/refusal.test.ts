import { describe, expect, test } from "vitest";
import { withOrigins } from "../../../../provider/transaction/refusal.ts";
import { renderConfigFiles } from "../../../../shared/daemons/registry.ts";
import { sampleModel } from "../../components/sample.ts";

const model = sampleModel({
  postfix: {
    parameters: {
      maximal_queue_lifetime: "3x",
      smtpd_data_restrictions: "reject_strangers",
      lmtp_tls_security_level: "perhaps",
      transport_retry_time: "50s",
      "submission/inet/smtpd_timeout": "soon",
      "submission/inet/smtpd_reject_footer": "two words",
    },
  },
  dovecot: {
    settings: {
      login_greting: "Hello",
      "protocol lmtp": { mail_plugins: { sive: true } },
      "namespace inbox": { "mailbox Sent Items": { special_use: "\\Snt" } },
    },
  },
});
const texts = Object.fromEntries(renderConfigFiles(model).map(({ path, content }) => [path, content]));

/** The number of the line that has this text; the last one where there are several. */
function line(file: string, text: string): number {
  return (texts[file] ?? "").split("\n").findLastIndex((line) => line.includes(text)) + 1;
}

const mainCf = "/etc/postfix/main.cf";
const masterCf = "/etc/postfix/master.cf";
const dovecotConf = "/etc/dovecot/dovecot.conf";
const refused = (daemon: string) => `${daemon} refused the staged configuration; the running one is unchanged`;

describe("a complaint of a daemon's checkers is told with the configuration key, file and line that it is about:", () => {
  const place = (file: string, text: string) => `${file} line ${line(file, text)}`;
  test.each([
    [
      "postfix",
      "qmgr/unix: fatal: parameter maximal_queue_lifetime: bad time value or unit: 3x",
      `mailhost:postfix.parameters.maximal_queue_lifetime: ${place(mainCf, "maximal_queue_lifetime")}: `,
    ],
    [
      "postfix",
      'smtpd_data_restrictions: warning: unknown smtpd restriction: "reject_strangers"',
      `mailhost:postfix.parameters.smtpd_data_restrictions: ${place(mainCf, "smtpd_data_restrictions")}: `,
    ],
    [
      "postfix",
      'lmtp/unix: fatal: Invalid TLS level "perhaps"',
      `mailhost:postfix.parameters.lmtp_tls_security_level: ${place(mainCf, "lmtp_tls_security_level")}: `,
    ],
    [
      "postfix",
      "submission/inet: fatal: invalid smtpd_timeout: 0 (min 1)",
      `mailhost:postfix.parameters["submission/inet/smtpd_timeout"]: ${place(masterCf, "smtpd_timeout=soon")}: `,
    ],
    [
      "postfix",
      "submission/inet: warning: smtpd_reject_footer: bad",
      `mailhost:postfix.parameters["submission/inet/smtpd_reject_footer"]: ${place(masterCf, "smtpd_reject_footer")}: `,
    ],
    [
      "postfix",
      "fatal: bad numerical configuration: message_size_limit",
      `mailhost:mail.messageSizeLimit: ${place(mainCf, "message_size_limit =")}: `,
    ],
    [
      "postfix",
      "header_checks: open database /etc/postfix/transport.lmdb: No such file or directory",
      `${place(mainCf, "header_checks = ")}: `,
    ],
    [
      "dovecot",
      `doveconf: Fatal: Error in configuration file ${place(dovecotConf, "login_greting")}: login_greting: Unknown setting: login_greting`,
      "mailhost:dovecot.settings.login_greting: ",
    ],
    [
      "dovecot",
      "Plugin 'sive' not found from directory /usr/lib/dovecot/modules",
      `mailhost:dovecot.settings["protocol lmtp"].mail_plugins.sive: ${place(dovecotConf, "sive = yes")}: `,
    ],
    [
      "dovecot",
      `doveconf: Fatal: Error in configuration file ${place(dovecotConf, "Snt")}: special_use is wrong`,
      'mailhost:dovecot.settings["namespace inbox"]["mailbox Sent Items"].special_use: ',
    ],
    ["dovecot", "imap could not be tried within 10 seconds; it said: listen, path and mode", ""],
    ["postfix", "postfix: fatal: the Postfix mail system is not what it was", ""],
    ["rsyslog", "maximal_queue_lifetime", ""],
  ])("%s: %s", (daemon, complaint, prefix) => {
    const message = `${complaint}\n${refused(daemon)}`;
    expect(withOrigins(message, texts)).toBe(`${prefix}${message}`);
  });
});

test("of several daemons each is asked about its own complaints, and what is no complaint stays as it is", () => {
  const message = [
    "maximal_queue_lifetime",
    refused("postfix"),
    "login_greting",
    refused("dovecot"),
    "login_greting is no complaint",
  ].join("\n");
  expect(withOrigins(message, texts).split("\n")).toEqual([
    expect.stringMatching(/^mailhost:postfix.*: maximal_queue_lifetime$/),
    refused("postfix"),
    expect.stringMatching(/^mailhost:dovecot.*: login_greting$/),
    refused("dovecot"),
    "login_greting is no complaint",
  ]);
});

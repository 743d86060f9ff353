import { describe, expect, test } from "vitest";
import { renderConfigFiles } from "../../../shared/daemons/registry.ts";
import { sampleArgs, sampleModel } from "./sample.ts";

/** Path to text of all configuration files for these arguments. */
function texts(args: object = {}): Record<string, string> {
  return Object.fromEntries(renderConfigFiles(sampleModel(args)).map(({ path, content }) => [path, content]));
}

describe("the whole text of", () => {
  test.each(Object.entries(texts()))("%s", (_path, content) => {
    expect(content).toMatchSnapshot();
  });
});

const onDebian12 = Object.entries(texts({ release: "debian12" })).filter(([path, text]) => texts()[path] !== text);

describe("on Debian 12, the whole text of", () => {
  test.each(onDebian12)("%s", (_path, content) => {
    expect(content).toMatchSnapshot();
  });
});

test.each([...Object.entries(texts()), ...onDebian12])(
  "%s says first that it is managed and what to change",
  (_path, content) => {
    expect(content).toMatch(
      /^# Managed by mailhost: change mailhost:[^\n]+ in the stack configuration, not this file\.\n/,
    );
    expect(content).toMatch(/[^\n]\n$/);
    expect(content).not.toMatch(/\{\{|\{%|undefined|\[object|[ \t]$/m);
  },
);

test("gives every file to root", () => {
  expect(new Set(renderConfigFiles(sampleModel()).map(({ attributes }) => attributes))).toEqual(
    new Set(["root:root 0644"]),
  );
});

/** The lines of `after` that `before` lacks. */
function newLines(args: object, path: string): string[] {
  const before = new Set(texts()[path]?.split("\n"));
  return (texts(args)[path] ?? "").split("\n").filter((line) => !before.has(line));
}

const mainCf = "/etc/postfix/main.cf";
const masterCf = "/etc/postfix/master.cf";
const dovecotConf = "/etc/dovecot/dovecot.conf";

describe("a setting changes its own line alone:", () => {
  const mail = { postmaster: "bob@domain.tld", recipientDelimiter: "+", messageSizeLimit: 70_000 };
  const tls = { source: "files", certificateFile: "/etc/tls/chain.pem", privateKeyFile: "/etc/tls/key.pem" };
  test.each([
    [{ inetProtocols: "all" }, mainCf, ["inet_protocols = all"]],
    [{ inetProtocols: "all" }, dovecotConf, ["listen = *, ::"]],
    [
      { postfix: { listenAddresses: ["192.0.2.1", "127.0.0.1"], mynetworks: ["192.0.2.0/24"] } },
      mainCf,
      ["inet_interfaces = 192.0.2.1, 127.0.0.1", "mynetworks = 192.0.2.0/24"],
    ],
    [{ postfix: { clientAddressInHeaders: true } }, masterCf, ["  -o smtpd_hide_client_session=no"]],
    [
      { postfix: { srs: true } },
      mainCf,
      expect.arrayContaining([
        "sender_canonical_maps = tcp:127.0.0.1:10001",
        "recipient_canonical_maps = tcp:127.0.0.1:10002",
      ]),
    ],
    [
      { postfix: { fromHeader: "reject" } },
      masterCf,
      ["# rspamd signs what users send, and looks at its From:.", "  -o smtpd_milters=unix:rspamd/milter.sock"],
    ],
    [{ dovecot: { listenAddresses: ["192.0.2.1", "127.0.0.1"] } }, dovecotConf, ["    listen = 192.0.2.1 127.0.0.1"]],
    [
      { dovecot: { imaps: true, listenAddresses: ["192.0.2.1"] } },
      dovecotConf,
      ["    listen = 192.0.2.1", "    listen = 192.0.2.1", "    port = 993", "    ssl = yes"],
    ],
    [{ mail }, mainCf, ["recipient_delimiter = +", "message_size_limit = 70000"]],
    [{ mail }, dovecotConf, ["recipient_delimiter = +", "  postmaster_address = bob@domain.tld"]],
    [
      { mail: { ...sampleArgs.mail, format: "mdbox", quota: "20M", trashExtraPercent: 50 } },
      dovecotConf,
      [
        "mail_driver = mdbox",
        "mail_path = ~/mdbox",
        "    quota_storage_percentage = 150",
        "quota_storage_size = 20M",
        "quota_storage_grace = 2048K",
      ],
    ],
    [{ dovecot: { mailMaxUseripConnections: 20 } }, dovecotConf, ["mail_max_userip_connections = 20"]],
    [
      {
        mail: {
          ...sampleArgs.mail,
          defaultFolders: [
            { name: "Gesendete Objekte", specialUse: "Sent" },
            { name: "Entwürfe", specialUse: "Drafts", auto: "create" },
            { name: "Archive/2026", auto: "no" },
          ],
        },
      },
      dovecotConf,
      [
        '  mailbox "Gesendete Objekte" {',
        '  mailbox "Entwürfe" {',
        "    auto = create",
        "  mailbox Archive/2026 {",
        "    auto = no",
      ],
    ],
    [{ dovecot: { authMechanisms: ["plain", "login"] } }, dovecotConf, ["auth_mechanisms = plain login"]],
    [{ mail: { ...sampleArgs.mail, quota: "unlimited" } }, dovecotConf, ["quota_storage_size = 0"]],
    [{ mail }, "/etc/postfix/local_aliases", ["postmaster bob@domain.tld"]],
    [{ tls: { minimumProtocol: "TLSv1.3" } }, mainCf, ["smtpd_tls_mandatory_protocols = >=TLSv1.3"]],
    [{ tls: { minimumProtocol: "TLSv1.3" } }, dovecotConf, ["ssl_min_protocol = TLSv1.3"]],
    [
      { tls },
      mainCf,
      [
        "# Key, then certificate, then chain; somebody else writes and renews them.",
        "smtpd_tls_chain_files = /etc/tls/key.pem, /etc/tls/chain.pem",
      ],
    ],
    [
      { tls },
      dovecotConf,
      [
        "# Somebody else writes and renews them. They are read when Dovecot starts or is told to by `doveadm reload`.",
        "ssl_server_cert_file = /etc/tls/chain.pem",
        "ssl_server_key_file = /etc/tls/key.pem",
      ],
    ],
  ])("%j in %s", (args, path, lines) => {
    expect(newLines(args, path)).toEqual(lines);
  });
});

test("submissions has the options of submission, and TLS at once", () => {
  const masterCf = texts({ postfix: { submissions: true } })["/etc/postfix/master.cf"] ?? "";
  const optionsOf = (service: string) =>
    new RegExp(`^${service} +inet .*\n((?:(?:#|  -o).*\n)+)`, "m")
      .exec(masterCf)?.[1]
      ?.split("\n")
      .filter((line) => line.startsWith("  -o")) ?? [];
  const [name, ...options] = optionsOf("submission");
  expect(name).toBe("  -o syslog_name=postfix/submission");
  expect(options).toContain("  -o smtpd_sender_restrictions=reject_sender_login_mismatch");
  expect(optionsOf("submissions")).toEqual([
    "  -o syslog_name=postfix/submissions",
    "  -o smtpd_tls_wrappermode=yes",
    ...options,
  ]);
});

/** What `args` add to a text, all other lines being the same in the same order. */
function addition(args: object, path: string): string {
  const [before = "", after = ""] = [texts()[path], texts(args)[path]];
  const lines = after.split("\n");
  const first = lines.findIndex((line, index) => line !== before.split("\n")[index]);
  const added = lines.slice(first, first + lines.length - before.split("\n").length);
  expect(lines.toSpliced(first, added.length).join("\n")).toBe(before);
  return added.join("\n");
}

describe("parameters of Postfix that have no key", () => {
  test("are a section of their own at the end of main.cf, by name", () => {
    const parameters = { smtpd_tls_loglevel: 1, maximal_queue_lifetime: "3d", biffed: false, body_checks: "" };
    expect(texts({ postfix: { parameters } })[mainCf]?.replace(texts()[mainCf] ?? "", "")).toBe(
      `
# --- parameters from mailhost:postfix.parameters ------------------------------
biffed = no
body_checks =
maximal_queue_lifetime = 3d
smtpd_tls_loglevel = 1
`,
    );
    expect(addition({ postfix: { parameters } }, masterCf)).toBe("");
  });

  test("are options of the service that they name, at its end", () => {
    const parameters = { "smtp/inet/smtpd_timeout": "30s", "smtp/inet/smtpd_client_restrictions": "sleep 1, {x}" };
    expect(addition({ postfix: { parameters } }, masterCf)).toBe(`# From mailhost:postfix.parameters.
  -o { smtpd_client_restrictions = sleep 1, {x} }
  -o smtpd_timeout=30s`);
    expect(addition({ postfix: { parameters } }, mainCf)).toBe("");
  });

  test("take the place of a rate limit of ours", () => {
    const parameters = { "submission/inet/smtpd_client_message_rate_limit": 50 };
    const limits = texts({ postfix: { parameters } })[masterCf]?.match(/.*message_rate_limit.*/g);
    expect(limits).toEqual(["  -o smtpd_client_message_rate_limit=50"]);
  });
});

test("without default folders there is none in the INBOX's namespace", () => {
  const conf = texts({ mail: { ...sampleArgs.mail, defaultFolders: [] } })[dovecotConf] ?? "";
  expect(conf).toContain("  inbox = yes\n}\n");
  expect(conf).not.toContain("special_use");
});

test("settings of Dovecot that have no key are a section of their own at the end of dovecot.conf", () => {
  const settings = {
    login_greeting: 'Say "hi" \\ # now',
    mail_debug: false,
    "protocol imap": { imap_max_line_length: "1M", mail_plugins: { imap_sieve: true } },
    "namespace inbox": { "mailbox Sent Items": { special_use: "\\Sent", comment: "" } },
  };
  expect(texts({ dovecot: { settings } })[dovecotConf]?.replace(texts()[dovecotConf] ?? "", "")).toBe(String.raw`
# --- settings from mailhost:dovecot.settings ----------------------------------
# Sections that are above too are merged, and of two values of a setting the last one counts.
login_greeting = "Say \"hi\" \\ # now"
mail_debug = no
protocol imap {
  imap_max_line_length = 1M
  mail_plugins {
    imap_sieve = yes
  }
}
namespace inbox {
  mailbox "Sent Items" {
    special_use = "\\Sent"
    comment =
  }
}
`);
});

import { describe, expect, test } from "vitest";
import { renderConfigFiles } from "../../../components/configFiles.ts";
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

test.each(Object.entries(texts()))("%s says first that it is managed and what to change", (_path, content) => {
  expect(content).toMatch(
    /^# Managed by mailhost: change mailhost:[^\n]+ in the stack configuration, not this file\.\n/,
  );
  expect(content).toMatch(/[^\n]\n$/);
  expect(content).not.toMatch(/\{\{|\{%|undefined|\[object|[ \t]$/m);
});

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

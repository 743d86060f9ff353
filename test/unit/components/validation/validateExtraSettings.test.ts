import { describe, expect, test } from "vitest";
import { validateMailHost } from "../../../../components/validation/validateMailHost.ts";
import { keysOfSettings } from "../../../../shared/daemons/dovecot/origins.ts";
import { ownSettings24 } from "../../../../shared/daemons/dovecot/ownSettings24.ts";
import { keysOfParameters } from "../../../../shared/daemons/postfix/origins.ts";
import { mainCfParameters, masterCfServices } from "../../../../shared/daemons/postfix/ownParameters.ts";
import type { SettingsBlock } from "../../../../shared/releases/dovecotDialect.ts";
import { sampleArgs } from "../sample.ts";

/** The mistakes of the sample with these arguments, one `path: reason` each. */
function mistakes(args: object): string[] {
  const { valid, problems } = validateMailHost({ ...sampleArgs, ...args }, undefined, new Date());
  expect(valid === undefined).toBe(problems.length > 0);
  return problems.map(({ propertyPath, reason }) => `${propertyPath}: ${reason}`);
}

const ofParameters = (parameters: object) => mistakes({ postfix: { parameters } });
const ofSettings = (settings: object) => mistakes({ dovecot: { settings } });

describe("a parameter of Postfix", () => {
  test.each<[name: string, value: unknown]>([
    ["maximal_queue_lifetime", "3d"],
    ["smtpd_tls_loglevel", 1],
    ["smtp_tls_CAfile", "$config_directory/$(name).pem"],
    ["body_checks", ""],
    ["smtpd_client_restrictions", "reject_rbl_client zen.example"],
    ["smtpd_sender_restrictions", "reject_unknown_sender_domain"],
    ["smtpd_client_connection_rate_limit", 30],
    ["smtp/inet/smtpd_helo_restrictions", "reject_invalid_helo_hostname"],
    ["submission/inet/smtpd_client_message_rate_limit", 50],
    ["lmtp/unix/lmtp_destination_concurrency_limit", 5],
    ["relay_destination_recipient_limit", 5],
  ])("may be %s", (name, value) => {
    expect(ofParameters({ [name]: value })).toEqual([]);
  });

  test.each<[name: string, value: unknown, mistake: string]>([
    [
      "smtpd_tls_security_level",
      "none",
      '.smtpd_tls_security_level: must not be given ("none"), because mailhost writes smtpd_tls_security_level itself; take it out',
    ],
    [
      "message_size_limit",
      1000,
      ".message_size_limit: must not be given (1000), because mailhost writes message_size_limit itself; set mail.messageSizeLimit instead",
    ],
    [
      "transport_maps",
      "texthash:/etc/postfix/own",
      '.transport_maps: must not be given ("texthash:/etc/postfix/own"), because mailhost writes transport_maps itself; take it out',
    ],
    [
      "smtpd_sasl_auth_enable",
      true,
      ".smtpd_sasl_auth_enable: must not be given (true), because mailhost writes smtpd_sasl_auth_enable itself; take it out",
    ],
    [
      "smtp/inet/smtpd_sasl_auth_enable",
      true,
      '["smtp/inet/smtpd_sasl_auth_enable"]: must not be given (true), because mailhost writes smtpd_sasl_auth_enable itself; take it out',
    ],
    [
      "smtp/inet/smtpd_relay_restrictions",
      "permit",
      '["smtp/inet/smtpd_relay_restrictions"]: must not be given ("permit"), because mailhost writes smtpd_relay_restrictions itself; take it out',
    ],
    [
      "submission/inet/smtpd_client_restrictions",
      "permit",
      '["submission/inet/smtpd_client_restrictions"]: must not be given ("permit"), because mailhost writes smtpd_client_restrictions itself; take it out',
    ],
    [
      "submission/inet/smtpd_hide_client_session",
      false,
      '["submission/inet/smtpd_hide_client_session"]: must not be given (false), because mailhost writes smtpd_hide_client_session itself; set postfix.clientAddressInHeaders instead',
    ],
    [
      "submission/inet/cleanup_service_name",
      "cleanup",
      '["submission/inet/cleanup_service_name"]: must not be given ("cleanup"), because mailhost writes cleanup_service_name itself; take it out',
    ],
    [
      "submision/inet/smtpd_timeout",
      "9s",
      '["submision/inet/smtpd_timeout"]: "submision/inet" is no service of master.cf; did you mean "submission/inet"? (known here: smtp/inet, submission/inet, pickup/unix, ',
    ],
    [
      "submission/smtpd_timeout",
      "9s",
      '["submission/smtpd_timeout"]: the name must be a parameter of main.cf, such as "maximal_queue_lifetime", or SERVICE/TYPE/NAME for one service of master.cf',
    ],
    ["a = b\nc", "x", '["a = b\\nc"]: the name must be a parameter of main.cf'],
    ["!include", "x", '["!include"]: the name must be a parameter of main.cf'],
    [
      "body_checks",
      "x\nmynetworks = 0.0.0.0/0",
      '.body_checks: must be a text of one line without blanks around it, a number, or true or false, but is "x\\nmynetworks = 0.0.0.0/0"',
    ],
    ["body_checks", null, ".body_checks: must be a text of one line"],
    ["body_checks", ["a"], ".body_checks: must be a text of one line"],
    ["body_checks", Number.NaN, ".body_checks: must be a text of one line"],
    [
      "smtp/inet/smtpd_banner",
      "} -o x=y {",
      '["smtp/inet/smtpd_banner"]: must be a text whose braces are even, as master.cf needs it, but is "} -o x=y {"',
    ],
  ])("cannot be %s = %j", (name, value, mistake) => {
    const [found = "", ...others] = ofParameters({ [name]: value });
    expect(others).toEqual([]);
    expect(found).toContain(`postfix.parameters${mistake}`);
  });
});

describe("a setting of Dovecot", () => {
  test.each<[settings: object]>([
    [{ login_greeting: 'Say "hi" # now', mail_max_lock_timeout: "2 mins" }],
    [{ "service imap": { process_limit: 4096, vsz_limit: "1G" }, "service auth": { client_limit: 9000 } }],
    [{ "service imap-login": { "inet_listener second": { port: 1143, listen: "127.0.0.1", ssl: true } } }],
    [{ "service auth": { "unix_listener auth-userdb": { mode: "0666" } } }],
    [{ "protocol imap": { imap_max_line_length: "1M", mail_plugins: { imap_sieve: true } } }],
    [{ "namespace inbox": { "mailbox Sent Items": { auto: "subscribe" }, "mailbox Trash": { autoexpunge: "30d" } } }],
    [{ "namespace archive": { prefix: "Archive/", separator: "/", mail_driver: "mdbox", mail_path: "~/archive" } }],
    [{ mail_plugins: { mail_compress: true } }],
  ])("may be %j", (settings) => {
    expect(ofSettings(settings)).toEqual([]);
  });

  test.each<[settings: object, mistake: string]>([
    [{ ssl: false }, ".ssl: must not be given (false), because mailhost writes it itself; take it out"],
    [
      { auth_mechanisms: "login" },
      '.auth_mechanisms: must not be given ("login"), because mailhost writes it itself; set dovecot.authMechanisms instead',
    ],
    [
      { "protocol imap": { mail_max_userip_connections: 50 } },
      '["protocol imap"].mail_max_userip_connections: must not be given (50), because mailhost writes it itself; set dovecot.mailMaxUseripConnections instead',
    ],
    [
      { "service imap-login": { restart_request_count: 1 } },
      '["service imap-login"].restart_request_count: must not be given (1), because mailhost writes it itself; take it out',
    ],
    [
      { "service auth": { user: "root" } },
      '["service auth"].user: must not be given ("root"), because mailhost writes it itself; take it out',
    ],
    [{ "protocol imap": { auth_allow_cleartext: true } }, '["protocol imap"].auth_allow_cleartext: must not be given'],
    [{ "remote 192.0.2.0/24": { ssl: false } }, '["remote 192.0.2.0/24"].ssl: must not be given'],
    [{ "protocol lmtp": { mail_plugins: { acl: false } } }, '["protocol lmtp"].mail_plugins.acl: must not be given'],
    [{ "namespace inbox": { mail_path: "~/x" } }, '["namespace inbox"].mail_path: must not be given'],
    [{ "namespace inbox": { namespace_separator: "." } }, '["namespace inbox"].namespace_separator: must not be given'],
    [{ ssl_server: { cert_file: "/x" } }, ".ssl_server.cert_file: must not be given"],
    [{ mail_plugins: "quota" }, '.mail_plugins: must not be given ("quota")'],
    [
      { "passdb static": { password: "x" } },
      '["passdb static"]: must not be given, because this section is mailhost\'s own; take it out',
    ],
    [{ "quota second": { driver: "count" } }, '["quota second"]: must not be given, because'],
    [
      { "service imap-login": { "inet_listener imap": { port: 144 } } },
      '["service imap-login"]["inet_listener imap"]: must not be given, because',
    ],
    [
      { login_greeting: "x\n}" },
      '.login_greeting: must be a text of one line without blanks around it, a number, or true or false; or a mapping, for a section, but is "x\\n}"',
    ],
    [{ login_greeting: null }, ".login_greeting: must be a text of one line"],
    [{ "protocol imap": [] }, '["protocol imap"]: must be a text of one line'],
    [
      { "protocol imap": 1 },
      '["protocol imap"]: must be a mapping where the name is that of a section, or else have a name without blanks, but is 1',
    ],
    [{ "!include": "/x" }, '["!include"]: must be'],
    [
      { 'mailbox "x" {': {} },
      '["mailbox \\"x\\" {"]: must be a section of Dovecot, named like "protocol imap" or "mail_plugins", but is {}',
    ],
  ])("cannot be %j", (settings, mistake) => {
    const [found = "", ...others] = ofSettings(settings);
    expect(others).toEqual([]);
    expect(found).toContain(`dovecot.settings${mistake}`);
  });

  test("must stand in a mapping", () => {
    expect(ofSettings(["login_greeting"])).toEqual([
      "dovecot.settings: must be a mapping of Dovecot's settings to their values, but is a list",
    ]);
  });
});

describe("a setting of Dovecot, on Debian 12,", () => {
  const onDebian12 = (settings: object) => mistakes({ release: "debian12", dovecot: { settings } });

  test.each<[settings: object, mistake: string]>([
    [{ imapc_host: "x" }, ".imapc_host: has no counterpart in Dovecot 2.3 (debian12)"],
    [{ ssl_dh: "</x" }, ".ssl_dh: has no counterpart in Dovecot 2.3 (debian12)"],
    [
      { ssl_server_dh_file: "/x" },
      ".ssl_server_dh_file: has no counterpart in Dovecot 2.3 (debian12): there it is ssl_dh, of another form",
    ],
    [
      { "namespace archive": { prefix: "Archive/", mail_path: "~/archive" } },
      '["namespace archive"].mail_path: has no counterpart in Dovecot 2.3 (debian12): there it is mail_location, of another form',
    ],
    [
      { "sieve_script before": { path: "/x" } },
      '["sieve_script before"]: has no counterpart in Dovecot 2.3 (debian12): there it is sieve_before, sieve_after, of another form',
    ],
    [{ "service imap": { "namespace x": {} } }, '["service imap"]["namespace x"]: has no counterpart'],
    [{ maildir: { maildir_stat_dirs: true } }, ".maildir: has no counterpart"],
    [
      { login_greeting: "%{hostname}" },
      ".login_greeting: has a value that Dovecot 2.3 (debian12) writes in another form",
    ],
    [{ "service imap": { vsz_limit: "unlimited" } }, '["service imap"].vsz_limit: has a value that'],
    [
      { "protocol imap": { mail_plugins: { imap_quota2: false } } },
      '["protocol imap"].mail_plugins.imap_quota2: cannot be taken out with Dovecot 2.3 (debian12)',
    ],
    [{ ssl: false }, ".ssl: must not be given (false), because mailhost writes it itself; take it out"],
  ])("cannot be %j", (settings, mistake) => {
    const [found = "", ...others] = onDebian12(settings);
    expect(others).toEqual([]);
    expect(found).toContain(`dovecot.settings${mistake}`);
  });

  test("may be what 2.3 calls something else", () => {
    expect(
      onDebian12({
        auth_default_domain: "domain.tld",
        quota_mail_size: "10M",
        mail_plugins: { zlib: true },
        "service imap": { idle_kill_interval: "5 mins", service_vsz_limit: "1G" },
      }),
    ).toEqual([]);
  });
});

test("all mistakes come together, beside those of other keys", () => {
  const found = mistakes({
    hostname: "mail",
    postfix: { parameters: { "bad name": 1, myhostname: "x" }, mynetworks: ["0.0.0.0/0"] },
    dovecot: { settings: { ssl: false, "passdb x": {}, mail_debug: "\0" } },
  });
  expect(found.map((mistake) => mistake.replace(/: .*/, "")).sort()).toEqual([
    "dovecot.settings.mail_debug",
    "dovecot.settings.ssl",
    'dovecot.settings["passdb x"]',
    "hostname",
    "postfix.mynetworks[0]",
    "postfix.parameters.myhostname",
    'postfix.parameters["bad name"]',
  ]);
});

describe("keys that a message points to", () => {
  const namesIn = ({ settings, sections }: SettingsBlock): string[] => [
    ...settings,
    ...[...sections.values()].flatMap(namesIn),
  ];

  test("are those of names that we write", () => {
    const options = [...masterCfServices(true, true).values()].flat();
    expect([...mainCfParameters, ...options]).toEqual(expect.arrayContaining(Object.keys(keysOfParameters)));
    expect(namesIn(ownSettings24("syslog", [{ name: "Trash", specialUse: "Trash", auto: "create" }]))).toEqual(
      expect.arrayContaining(Object.keys(keysOfSettings)),
    );
  });
});

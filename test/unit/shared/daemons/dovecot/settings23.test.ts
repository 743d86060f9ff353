import { expect, test } from "vitest";
import { renderDovecotConf } from "../../../../../shared/daemons/dovecot/dovecotConf.ts";
import { ownSettings24 } from "../../../../../shared/daemons/dovecot/ownSettings24.ts";
import { addedPlugins, missingIn23, renderSettings23 } from "../../../../../shared/daemons/dovecot/settings23.ts";
import { sampleModel } from "../../../components/sample.ts";

test("are written as 2.3 takes them, whatever 2.4 calls them", () => {
  const settings = {
    login_greeting: 'Say "hi"',
    auth_default_domain: "domain.tld",
    sieve_user_log_path: "~/sieve.log",
    "service imap": {
      restart_request_count: 100,
      service_vsz_limit: "1G",
      "inet_listener second": { listen: "127.0.0.1", port: 1143 },
    },
    "protocol imap": { mail_plugins: { imap_sieve: true, last_login: true }, quota_mail_size: "10M" },
    "namespace inbox": { "mailbox Sent Items": { special_use: "\\Sent" } },
    mail_plugins: { zlib: true },
  };
  expect(missingIn23(settings)).toEqual([]);
  expect(addedPlugins(settings)).toEqual(["zlib"]);
  expect(renderSettings23(settings).join("\n")).toBe(String.raw`login_greeting = "Say \"hi\""
auth_default_realm = domain.tld
plugin {
  sieve_user_log = "~/sieve.log"
}
service imap {
  service_count = 100
  vsz_limit = 1G
  inet_listener second {
    address = 127.0.0.1
    port = 1143
  }
}
protocol imap {
  mail_plugins = $mail_plugins imap_sieve last_login
  plugin {
    quota_max_mail_size = 10M
  }
}
namespace inbox {
  mailbox "Sent Items" {
    special_use = "\\Sent"
  }
}`);
});

test("cannot be what our own file says, under whatever name", () => {
  const host = sampleModel({ release: "debian12" });
  const refused = ownSettings24("syslog", host.mail.defaultFolders).settings;
  const ours = [...renderDovecotConf(host).matchAll(/^(?: {2})?([a-z_0-9]+) = (\S*)/gm)].map(([, name = ""]) => name);
  // Every name of 2.4 that stands for one of 2.3.
  const open = ours.filter((name) => !refused.has(name) && missingIn23({ [name]: "1" }).length === 0);
  expect(ours).toContain("quota_rule");
  expect(open).toEqual([]);
});

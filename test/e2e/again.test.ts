import { expect, test } from "vitest";
import { useDeployedHost } from "../helpers/deployedHost.ts";
import { openMailbox } from "../helpers/mailbox.ts";
import { shell } from "../helpers/providerHost.ts";

const mail = useDeployedHost({ domains: { "domain.tld": { mailboxes: { alice: {} } } } });

test("a host that was destroyed is a mail host again after another up, and its log files are written by way of the journal", async () => {
  const { host, project } = mail();
  await project.destroy();
  const { outputs } = await project.up();

  const states = "systemctl is-active postfix.service dovecot.service rsyslog.service syslog.socket || true";
  expect(await shell(host, states)).toBe("active\nactive\nactive\nactive");
  await shell(host, "sendmail -i alice@domain.tld", "Message-ID: <again@domain.tld>\nSubject: again\n\ntext\n");
  const certificateAuthority = String(outputs.certificateAuthority?.value);
  await using mailbox = await openMailbox({ ...mail(), certificateAuthority }, "alice@domain.tld");
  await mailbox.waitFor("again");
  await shell(host, "timeout 30 sh -c 'tail -n +1 -F /var/log/dovecot.lmtp | grep -m 1 -q again@domain.tld'");
});

test("a log daemon that somebody has disabled is enabled again, and one of it runs", async () => {
  const { host, project } = mail();
  await shell(host, "systemctl --quiet disable rsyslog.service");
  await project.up();

  const states = "systemctl is-enabled rsyslog.service; systemctl is-active rsyslog.service syslog.socket || true";
  expect(await shell(host, states)).toBe("enabled\nactive\nactive");
  expect(await shell(host, "pgrep -c -x rsyslogd")).toBe("1");
});

import { expect, test } from "vitest";
import { type MailHostInLab, useDeployedHost } from "../helpers/deployedHost.ts";
import { openMailbox } from "../helpers/mailbox.ts";

const mail = useDeployedHost({ domains: { "domain.tld": { mailboxes: { alice: {} } } } });

const syslog = "systemctl is-enabled rsyslog; systemctl is-active rsyslog; pgrep --count --exact rsyslogd";

async function isThere(host: MailHostInLab): Promise<void> {
  await using mailbox = await openMailbox(host, "alice@domain.tld");
  await mailbox.waitFor("before");
}

test("a host whose mail host was destroyed becomes one again, with the mail that it had", async () => {
  await mail().host.run("sendmail -i alice@domain.tld", "Subject: before\n\ntext\n");
  await isThere(mail());
  await mail().project.destroy();
  const { outputs } = await mail().project.up();
  await isThere({ ...mail(), certificateAuthority: String(outputs.certificateAuthority?.value) });
  expect((await mail().host.run(syslog)).stdout).toBe("enabled\nactive\n1\n");
});

test("a service that was disabled by hand while it ran is enabled again, and runs once", async () => {
  await mail().host.run("systemctl disable rsyslog");
  await mail().project.up();
  expect((await mail().host.run(syslog)).stdout).toBe("enabled\nactive\n1\n");
});

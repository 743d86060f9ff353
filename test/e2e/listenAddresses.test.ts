import { expect, test } from "vitest";
import { useDeployedHost } from "../helpers/deployedHost.ts";
import { complaints, dovecotReload, dovecotStop } from "../helpers/hostJournal.ts";
import { openImapAs } from "../helpers/imapConversation.ts";
import { openSubmissionAs } from "../helpers/smtpConversation.ts";

const settings = { domains: { "domain.tld": { mailboxes: { alice: {} } } } };
const mail = useDeployedHost(settings, { addresses: 2 });

const ports = [25, 587, 143];

/** The mail ports that answer at this address of the host, asked by the host itself. */
async function openPorts(address: string): Promise<number[]> {
  const answers = ports.map(async (port) => {
    const { code } = await mail().host.run(`timeout 10 bash -c 'exec 3<>/dev/tcp/${address}/${port}' 2>/dev/null`);
    return code === 0 ? [port] : [];
  });
  return (await Promise.all(answers)).flat();
}

/** Lets an address come up late at each boot: only after log-ins are taken, and before the host counts as on-line. */
async function bringUpLate(address: string): Promise<void> {
  const script = `
    set -e -- $(ip -oneline -4 address show to ${address})
    cat >/etc/systemd/system/late-address.service <<END
[Unit]
After=ssh.service
Before=network-online.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=ip address replace $4 dev $2
ExecStop=ip address del $4 dev $2
[Install]
WantedBy=network-online.target
END
    systemctl --quiet enable --now late-address.service`;
  expect(await mail().host.run("sh -s", script)).toEqual({ code: 0, stdout: "", stderr: "" });
}

test("all addresses of the host serve, where nothing else is said", async () => {
  for (const address of ["127.0.0.1", ...mail().host.addresses])
    expect(await openPorts(address), address).toEqual(ports);
});

test("where an address is given, nothing of mail is at the others", async () => {
  const [address = "", other = ""] = mail().host.addresses;
  await mail().deploy({
    ...settings,
    postfix: { listenAddresses: [address] },
    dovecot: { listenAddresses: [address] },
  });
  expect(await openPorts(address)).toEqual(ports);
  expect(await openPorts(other)).toEqual([]);
  expect(await openPorts("127.0.0.1")).toEqual([]);
  using imap = await openImapAs(mail(), "alice@domain.tld");
  expect(await imap.say("SELECT INBOX")).toMatch(/^OK/m);
  using smtp = await openSubmissionAs(mail(), "alice@domain.tld");
  expect(await smtp.send({ from: "alice@domain.tld", to: "alice@domain.tld", subject: "to myself" })).toMatch(/^250 /);
});

test("a daemon may listen elsewhere than the other", async () => {
  const [address = "", other = ""] = mail().host.addresses;
  await mail().deploy({
    ...settings,
    postfix: { listenAddresses: [address] },
    dovecot: { listenAddresses: [other, "127.0.0.1"] },
  });
  expect(await openPorts(address)).toEqual([25, 587]);
  expect(await openPorts(other)).toEqual([143]);
  expect(await openPorts("127.0.0.1")).toEqual([143]);
});

test("after a reboot both daemons listen at an address that comes up late", async () => {
  const [, address = ""] = mail().host.addresses;
  const listenAddresses = [address];
  await mail().deploy({ ...settings, postfix: { listenAddresses }, dovecot: { listenAddresses } });
  await bringUpLate(address);
  await mail().host.reboot();
  expect(await openPorts(address)).toEqual(ports);
});

test("the daemons have nothing to complain of", async () => {
  const provoked = [dovecotReload, ...dovecotStop];
  expect(await complaints(mail().host, provoked)).toEqual([]);
});

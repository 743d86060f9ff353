import { expect, test } from "vitest";
import { parseNameServers, renderDnsConfiguration, renderHostsFile } from "../../../../tools/testhost/dns.ts";
import { subnetOf } from "../../../../tools/testhost/subnets.ts";

test("renders the whole configuration of the name server", () => {
  const text = renderDnsConfiguration({
    subnet: subnetOf("10.89.7"),
    hostsFile: "/lab/dnsmasq.hosts",
    pidFile: "/lab/dnsmasq.pid",
    upstream: ["192.0.2.53"],
  });
  expect(text).toMatchInlineSnapshot(`
    "# Only the lab's address, so that several labs and the machine's own name server live side by side.
    bind-interfaces
    listen-address=10.89.7.1
    pid-file=/lab/dnsmasq.pid
    # The lab's folder may be closed to others, and dnsmasq reads it again when hosts come and go.
    user=root
    no-hosts
    addn-hosts=/lab/dnsmasq.hosts
    no-resolv
    server=192.0.2.53
    # Nobody but the lab knows its own addresses: answer at once that they have no name.
    bogus-priv
    # Queries for the silent domain stay open, and a test may send many.
    dns-forward-max=1000

    txt-record=mail.domain.tld,"v=spf1 a -all"
    local=/domain.tld/
    mx-host=domain.tld,mail.domain.tld,10
    txt-record=domain.tld,"v=spf1 mx -all"
    txt-record=_dmarc.domain.tld,"v=DMARC1; p=none"
    srv-host=_submission._tcp.domain.tld,mail.domain.tld,587,0,1
    srv-host=_imap._tcp.domain.tld,mail.domain.tld,143,0,1
    local=/domain1.tld/
    mx-host=domain1.tld,mail.domain.tld,10
    txt-record=domain1.tld,"v=spf1 mx -all"
    txt-record=_dmarc.domain1.tld,"v=DMARC1; p=none"
    srv-host=_submission._tcp.domain1.tld,mail.domain.tld,587,0,1
    srv-host=_imap._tcp.domain1.tld,mail.domain.tld,143,0,1
    local=/domain2.tld/
    mx-host=domain2.tld,mail.domain.tld,10
    txt-record=domain2.tld,"v=spf1 mx -all"
    txt-record=_dmarc.domain2.tld,"v=DMARC1; p=none"
    srv-host=_submission._tcp.domain2.tld,mail.domain.tld,587,0,1
    srv-host=_imap._tcp.domain2.tld,mail.domain.tld,143,0,1

    local=/elsewhere.example/
    mx-host=elsewhere.example,mx.elsewhere.example,10
    host-record=mx.elsewhere.example,10.89.7.2
    host-record=client.elsewhere.example,10.89.7.3
    local=/nowhere.example/
    server=/silent.example/10.89.7.4
    "
  `);
});

test("names every address of every host", () => {
  const text = renderHostsFile([
    { name: "mail", addresses: ["10.89.7.10", "10.89.7.11"] },
    { name: "backup", addresses: ["10.89.7.12"] },
  ]);
  expect(text).toBe("10.89.7.10 mail.domain.tld\n10.89.7.11 mail-2.domain.tld\n10.89.7.12 backup.domain.tld\n");
});

test("finds the machine's name servers", () => {
  const resolvConf =
    "# made by hand\nsearch example.org\nnameserver 192.0.2.53\nnameserver fe80::1%eth0\nnameserver 127.0.0.53\n";
  expect(parseNameServers(resolvConf)).toEqual(["192.0.2.53", "fe80::1%eth0", "127.0.0.53"]);
});

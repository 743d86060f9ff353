import { describe, expect, test } from "vitest";
import { dnsRecords } from "../../../../components/dns/dnsRecords.ts";
import { reverseName } from "../../../../components/dns/reverseName.ts";
import { webFiles } from "../../../../components/dns/webFiles.ts";
import { validateMailHost } from "../../../../components/validation/validateMailHost.ts";
import { sampleArgs, sampleModel } from "../sample.ts";

/** The records without their reasons, as `NAME TYPE VALUE`. */
function recordsOf(args: object = {}, addresses: readonly string[] = []): string[] {
  const { valid } = validateMailHost({ ...sampleArgs, ...args }, undefined, new Date());
  if (valid === undefined) throw new Error("the arguments have mistakes");
  return dnsRecords(sampleModel(args), valid.settings.dns, addresses).map(
    ({ name, type, value }) => `${name} ${type} ${value}`,
  );
}

test("every domain has MX, SPF, DMARC and the services, and the host its own name", () => {
  expect(recordsOf({}, ["203.0.113.10"])).toEqual([
    "mail.domain.tld A 203.0.113.10",
    "10.113.0.203.in-addr.arpa PTR mail.domain.tld.",
    "mail.domain.tld TXT v=spf1 a -all",
    ...["domain.tld", "domain1.tld"].flatMap((domain) => [
      `${domain} MX 10 mail.domain.tld.`,
      `${domain} TXT v=spf1 mx -all`,
      `_dmarc.${domain} TXT v=DMARC1; p=none`,
      `_submission._tcp.${domain} SRV 0 1 587 mail.domain.tld.`,
      `_imap._tcp.${domain} SRV 0 1 143 mail.domain.tld.`,
    ]),
  ]);
});

test("a host whose addresses are not known has no record of them", () => {
  expect(recordsOf().some((record) => / (?:A|AAAA|PTR) /.test(record))).toBe(false);
});

test("services with TLS from the first byte on have records where they are on", () => {
  const records = recordsOf({ postfix: { submissions: true }, dovecot: { imaps: true } });
  expect(records).toContain("_submissions._tcp.domain.tld SRV 0 1 465 mail.domain.tld.");
  expect(records).toContain("_imaps._tcp.domain.tld SRV 0 1 993 mail.domain.tld.");
});

test("reports go where they are wanted, and a domain says that it takes those about another", () => {
  const dns = {
    dmarc: { policy: "reject", reports: ["dmarc@domain.tld", "reports@elsewhere.example"] },
    tlsReports: ["tls@domain.tld"],
    caa: ["letsencrypt.org"],
  };
  expect(recordsOf({ dns })).toEqual(
    expect.arrayContaining([
      'mail.domain.tld CAA 0 issue "letsencrypt.org"',
      "_dmarc.domain1.tld TXT v=DMARC1; p=reject; rua=mailto:dmarc@domain.tld,mailto:reports@elsewhere.example",
      "domain1.tld._report._dmarc.domain.tld TXT v=DMARC1",
      "_smtp._tls.domain.tld TXT v=TLSRPTv1; rua=mailto:tls@domain.tld",
    ]),
  );
  expect(recordsOf({ dns }).filter((record) => record.includes("_report._dmarc"))).toHaveLength(1);
});

/** URL to text of what a web server is to serve. */
function filesOf(args: object): Record<string, string> {
  const { valid } = validateMailHost({ ...sampleArgs, ...args }, undefined, new Date());
  if (valid === undefined) throw new Error("the arguments have mistakes");
  return webFiles(sampleModel(args), valid.settings.dns);
}

describe("a web server", () => {
  test("that nobody names has nothing to serve", () => {
    expect(filesOf({})).toEqual({});
    expect(recordsOf().filter((record) => / CNAME |mta-sts/.test(record))).toEqual([]);
  });

  test("has the settings for mail programs, TLS from the first byte first", () => {
    const args = { dns: { webServer: "www.domain.tld" }, postfix: { submissions: true }, dovecot: { imaps: true } };
    expect(recordsOf(args).filter((record) => / CNAME |mta-sts/.test(record))).toEqual([
      "autoconfig.domain.tld CNAME www.domain.tld.",
      "autoconfig.domain1.tld CNAME www.domain.tld.",
    ]);
    const { "https://autoconfig.domain.tld/mail/config-v1.1.xml": text = "", ...others } = filesOf(args);
    expect(text).toMatchSnapshot();
    expect(Object.keys(others)).toEqual(["https://autoconfig.domain1.tld/mail/config-v1.1.xml"]);
  });

  test("has a policy for TLS, whose record tells it from others", () => {
    const args = (mtaSts: string) => ({
      dns: { webServer: "www.domain.tld", mtaSts },
      tls: { source: "files", certificateFile: "/etc/tls/chain.pem", privateKeyFile: "/etc/tls/key.pem" },
    });
    expect(filesOf(args("testing"))).toMatchObject({
      "https://mta-sts.domain.tld/.well-known/mta-sts.txt":
        "version: STSv1\r\nmode: testing\r\nmx: mail.domain.tld\r\nmax_age: 604800\r\n",
    });
    expect(recordsOf(args("testing"))).toContain("mta-sts.domain1.tld CNAME www.domain.tld.");
    const [testing, enforce] = ["testing", "enforce"].map((mode) =>
      recordsOf(args(mode)).filter((record) => record.startsWith("_mta-sts.domain.tld TXT ")),
    );
    expect(testing).toEqual([expect.stringMatching(/ v=STSv1; id=[0-9a-f]{32}$/)]);
    expect(enforce).not.toEqual(testing);
  });
});

test.each([
  ["203.0.113.10", "10.113.0.203.in-addr.arpa"],
  ["2001:db8::10", "0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"],
])("%s has the reverse name %s", (address, name) => {
  expect(reverseName(address)).toBe(name);
});

test.each([
  [{ addresses: ["2001:db8::10"] }, 'dns.addresses[0]: "2001:db8::10" is an IPv6 address; set inetProtocols to "all"'],
  [{ addresses: ["mail.domain.tld"] }, 'dns.addresses[0]: must be an IP address of the host, such as "203.0.113.10"'],
  [{ dmarc: { policy: "refuse" } }, 'dns.dmarc.policy: must be "none" or "quarantine" or "reject"'],
  [{ dmarc: { reports: ["dmarc"] } }, "dns.dmarc.reports[0]: must be an address"],
  [{ caa: ["Let's Encrypt"] }, "dns.caa[0]: must be"],
  [{ webServer: "203.0.113.10" }, "dns.webServer: must be a fully qualified host name"],
  [{ webServer: "www.domain.tld", mtaSts: "none" }, 'dns.mtaSts: must be "testing" or "enforce", but is "none"'],
  [{ mtaSts: "testing" }, "dns.mtaSts: needs dns.webServer"],
  [{ webServer: "www.domain.tld", mtaSts: "enforce" }, 'dns.mtaSts: must be "testing" with tls.source "self-signed"'],
])("%j is refused", (dns, mistake) => {
  const { problems } = validateMailHost({ ...sampleArgs, dns }, undefined, new Date());
  expect(problems.map(({ propertyPath, reason }) => `${propertyPath}: ${reason}`)).toEqual([
    expect.stringContaining(mistake),
  ]);
});

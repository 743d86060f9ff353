import { afterAll, beforeAll, expect, test } from "vitest";
import type { DnsRecord } from "../../shared/model/dnsRecord.ts";
import { compareRecords, createResolver } from "../../tools/dns/compareRecords.ts";
import { exitCode, formatComparisons } from "../../tools/dns/report.ts";
import { ensureRequirements } from "../../tools/testhost/requirements.ts";
import { startNameServer } from "../helpers/nameServer.ts";

/** Loopback addresses and a port of this test alone. */
const server = "127.53.0.1";
const port = 5353;
/** Nothing listens there. */
const silent = "127.53.0.2";

let nameServer: AsyncDisposable | undefined;

beforeAll(async () => {
  await ensureRequirements();
  const records = [
    "host-record=mail.domain.tld,203.0.113.10,2001:db8::10",
    "ptr-record=10.113.0.203.in-addr.arpa,mail.domain.tld",
    "mx-host=domain.tld,mail.domain.tld,10",
    'txt-record=domain.tld,"v=spf1 mx -all"',
    'txt-record=domain.tld,"owner=someone"',
    "txt-record=_dmarc.domain.tld,v=DMARC1;p=none",
    "srv-host=_imap._tcp.domain.tld,mail.domain.tld,143,0,1",
    "mx-host=domain1.tld,elsewhere.example,5",
    `txt-record=s1._domainkey.domain.tld,"v=DKIM1; p=${"A".repeat(200)}","${"B".repeat(200)}"`,
    "cname=mta-sts.domain.tld,mail.domain.tld",
    "caa-record=mail.domain.tld,0,issue,letsencrypt.org",
  ];
  nameServer = await startNameServer(server, port, [
    "local=/domain.tld/",
    "local=/domain1.tld/",
    ...records.map((record) => record.replaceAll(/"/g, "")),
  ]);
});

afterAll(() => nameServer?.[Symbol.asyncDispose]());

function resolver(address: string) {
  return createResolver([`${address}:${port}`]);
}

const record = (name: string, type: DnsRecord["type"], value: string): DnsRecord => ({ name, type, value, reason: "" });

const published = [
  record("mail.domain.tld", "A", "203.0.113.10"),
  record("mail.domain.tld", "AAAA", "2001:db8:0::10"),
  record("10.113.0.203.in-addr.arpa", "PTR", "mail.domain.tld."),
  record("domain.tld", "MX", "10 mail.domain.tld."),
  record("domain.tld", "TXT", "v=spf1 mx -all"),
  record("_dmarc.domain.tld", "TXT", "v=DMARC1; p=none"),
  record("_imap._tcp.domain.tld", "SRV", "0 1 143 mail.domain.tld."),
  record("s1._domainkey.domain.tld", "TXT", `v=DKIM1; p=${"A".repeat(200)}${"B".repeat(200)}`),
  record("mta-sts.domain.tld", "CNAME", "mail.domain.tld."),
  record("mail.domain.tld", "CAA", '0 issue "letsencrypt.org"'),
];

test("what is published is right, in whatever spelling, beside texts of other purposes", async () => {
  const comparisons = await compareRecords(published, resolver(server));
  expect(
    comparisons.map(({ result }) => result),
    formatComparisons(comparisons),
  ).toEqual(published.map(() => "right"));
  expect(exitCode(comparisons)).toBe(0);
});

test("what is missing or different is shown with both values", async () => {
  const comparisons = await compareRecords(
    [
      record("domain1.tld", "MX", "10 mail.domain.tld."),
      record("_dmarc.domain1.tld", "TXT", "v=DMARC1; p=none"),
      record("_dmarc.domain.tld", "TXT", "v=DMARC1; p=reject"),
    ],
    resolver(server),
  );
  expect(formatComparisons(comparisons).split("\n")).toEqual([
    "different  domain1.tld         MX    published: 5 elsewhere.example.; should be: 10 mail.domain.tld.",
    "missing    _dmarc.domain1.tld  TXT   publish: v=DMARC1; p=none",
    "different  _dmarc.domain.tld   TXT   published: v=DMARC1; p=none; should be: v=DMARC1; p=reject",
  ]);
  expect(exitCode(comparisons)).toBe(1);
});

test("a resolver that does not answer is no missing record", async () => {
  const comparisons = await compareRecords([record("domain.tld", "MX", "10 mail.domain.tld.")], resolver(silent));
  expect(formatComparisons(comparisons)).toMatch(
    /^unknown {4}domain\.tld {2}MX {4}the resolver does not answer \(E\w+\); should be: 10 mail\.domain\.tld\.$/,
  );
  expect(exitCode(comparisons)).toBe(3);
});

import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import type { DnsRecordOutput } from "../../../components/index.ts";
import { sampleArgs, sampleHash } from "./sample.ts";

await pulumi.runtime.setMocks(
  // Nothing is there as yet, so nothing is known but what the program says.
  { newResource: ({ name, inputs }) => ({ id: name, state: inputs }), call: () => ({}) },
  "mailhost",
  "test",
  true,
);

const { MailHost } = await import("../../../components/index.ts");

/** Text of an output as a preview shows it; undefined where it is unknown. */
function shown(output: pulumi.Output<string>): Promise<string | undefined> {
  return Object(output).promise();
}

const passwords = Object.fromEntries(
  ["alice@domain.tld", "bob@domain.tld", "dave@domain1.tld"].map((address) => [address, sampleHash]),
);

test("the first preview knows all DNS records but the values of the keys, which are made later", async () => {
  const target = { address: "203.0.113.10", hostKey: "ssh-ed25519 AAAA" };
  const dns = { caa: ["letsencrypt.org", "example.org"] };
  const host = new MailHost("mail", { ...sampleArgs, target, passwords, dns, dkim: {} });
  // What waits for something unknown is not run in a preview.
  const records = await new Promise<DnsRecordOutput[]>((resolve) => host.dnsRecords.apply(resolve));
  const domains = ["domain.tld", "domain1.tld"];
  expect(records.map(({ key }) => key)).toEqual([
    "mail.domain.tld A 203.0.113.10",
    "10.113.0.203.in-addr.arpa PTR",
    "mail.domain.tld TXT",
    ...dns.caa.map((authority) => `mail.domain.tld CAA 0 issue "${authority}"`),
    ...domains.flatMap((domain) => [
      `${domain} MX`,
      `${domain} TXT`,
      `_dmarc.${domain} TXT`,
      `_submission._tcp.${domain} SRV`,
      `_imap._tcp.${domain} SRV`,
    ]),
    ...["s1", "s1-ed25519"].flatMap((selector) =>
      ["mail.domain.tld", ...domains].map((domain) => `${selector}._domainkey.${domain} TXT`),
    ),
  ]);
  for (const { name, type, value } of records) {
    expect(await shown(value), name).toEqual(name.includes("._domainkey.") ? undefined : expect.any(String));
    if (type === "MX") expect(await shown(value)).toBe("10 mail.domain.tld.");
  }
});

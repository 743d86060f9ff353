import { isIPv6 } from "node:net";
import { splitAddress } from "../../shared/model/address.ts";
import type { DnsRecord } from "../../shared/model/dnsRecord.ts";
import type { ResolvedMailHost } from "../../shared/model/resolvedMailHost.ts";
import { describeServices } from "../listeners.ts";
import type { Settings } from "../settings/schema.ts";
import { reverseName } from "./reverseName.ts";
import { mtaStsId } from "./webFiles.ts";

/**
 * The DNS records of a mail host and its domains, those of the host first. Those of keys, which nobody knows before there are
 * keys, are not among them.
 *
 * @param addresses Of the host, as the world reaches it; none where they are not known
 */
export function dnsRecords(
  host: ResolvedMailHost,
  settings: Settings["dns"],
  addresses: readonly string[],
): DnsRecord[] {
  return [
    ...addresses.flatMap((address) => addressRecords(host.hostname, address)),
    {
      name: host.hostname,
      type: "TXT",
      value: "v=spf1 a -all",
      reason: "bounces have no sender, so the host's own name is checked (RFC 7208, 2.4)",
    },
    ...settings.caa.map(
      (authority): DnsRecord => ({
        name: host.hostname,
        type: "CAA",
        value: `0 issue "${authority}"`,
        reason: "no other authority may issue a certificate for the host (RFC 8659)",
      }),
    ),
    ...host.domains.flatMap(({ name }) => domainRecords(name, host, settings)),
  ];
}

function addressRecords(hostname: string, address: string): DnsRecord[] {
  return [
    { name: hostname, type: isIPv6(address) ? "AAAA" : "A", value: address, reason: "the host's own name" },
    {
      name: reverseName(address),
      type: "PTR",
      value: `${hostname}.`,
      reason: "many servers refuse mail of an address without the name of its host; set at the provider of the address",
    },
  ];
}

function domainRecords(domain: string, host: ResolvedMailHost, settings: Settings["dns"]): DnsRecord[] {
  const { dmarc, tlsReports } = settings;
  const { smtp: _, ...services } = describeServices(host, ({ port }) => port);
  const target = `${host.hostname}.`;
  return [
    { name: domain, type: "MX", value: `10 ${target}`, reason: "mail for the domain comes to the host" },
    {
      name: domain,
      type: "TXT",
      value: "v=spf1 mx -all",
      reason: "only this host sends mail of the domain (RFC 7208)",
    },
    {
      name: `_dmarc.${domain}`,
      type: "TXT",
      value: tags("v=DMARC1", `p=${dmarc.policy}`, reportsTo(dmarc.reports)),
      reason: "what other servers do with mail that fails SPF and DKIM, and where they report it (RFC 7489)",
    },
    ...dmarc.reports.flatMap((address) => reportPermission(domain, address, host)),
    ...(tlsReports.length === 0
      ? []
      : [
          {
            name: `_smtp._tls.${domain}`,
            type: "TXT",
            value: tags("v=TLSRPTv1", reportsTo(tlsReports)),
            reason: "where other servers report failures of TLS (RFC 8460)",
          } as const,
        ]),
    ...Object.entries(services).map(
      ([service, port]): DnsRecord => ({
        name: `_${service}._tcp.${domain}`,
        type: "SRV",
        value: `0 1 ${port} ${target}`,
        reason: "mail clients find the host by it (RFC 6186, RFC 8314)",
      }),
    ),
    ...webRecords(domain, host, settings),
  ];
}

/** The names of what a web server tells of the domain. */
function webRecords(
  domain: string,
  { hostname }: ResolvedMailHost,
  { webServer, mtaSts }: Settings["dns"],
): DnsRecord[] {
  if (webServer === undefined) return [];
  const alias = (name: string, reason: string): DnsRecord => ({
    name: `${name}.${domain}`,
    type: "CNAME",
    value: `${webServer}.`,
    reason,
  });
  return [
    alias("autoconfig", "mail clients look there for the settings of the host"),
    ...(mtaSts === undefined
      ? []
      : [
          alias("mta-sts", "where the policy of the domain for TLS is served (RFC 8461, 3.3)"),
          {
            name: `_mta-sts.${domain}`,
            type: "TXT",
            value: `v=STSv1; id=${mtaStsId(hostname, mtaSts)}`,
            reason: "tells other servers that there is a policy for TLS, and when it is another one (RFC 8461, 3.1)",
          } as const,
        ]),
  ];
}

function reportsTo(addresses: readonly string[]): string | undefined {
  return addresses.length === 0 ? undefined : `rua=${addresses.map((address) => `mailto:${address}`).join(",")}`;
}

function tags(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join("; ");
}

/** Another domain must say that it takes the reports; of one that is not served here its owner has to. */
function reportPermission(domain: string, address: string, host: ResolvedMailHost): DnsRecord[] {
  const { domain: other } = splitAddress(address);
  if (other === domain || !host.domains.some(({ name }) => name === other)) return [];
  return [
    {
      name: `${domain}._report._dmarc.${other}`,
      type: "TXT",
      value: "v=DMARC1",
      reason: `${other} takes the reports about ${domain} (RFC 7489, 7.1)`,
    },
  ];
}

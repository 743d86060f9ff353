import { readFileSync, writeFileSync } from "node:fs";
import { groupProcesses, inGroup } from "./cgroups.ts";
import type { LabPaths } from "./paths.ts";
import { mustRun } from "./processes.ts";
import type { Subnet } from "./subnets.ts";

/** The domains that a mail host under test serves. Their mail exchanger is the lab's host `mail`, with all its records. */
export const localDomains: readonly string[] = ["domain.tld", "domain1.tld", "domain2.tld"];

/** Domain of the hosts' own names: the host `mail` is `mail.domain.tld`. */
export const hostDomain = "domain.tld";

/** Domain whose mail the lab's sink takes. */
export const foreignDomain = "elsewhere.example";

/** Domain that does not exist. */
export const missingDomain = "nowhere.example";

/** Domain whose name server never answers. */
export const silentDomain = "silent.example";

/** Everything that the text of dnsmasq.conf(5) depends on. */
export interface DnsSettings {
  readonly subnet: Subnet;
  /** File with the hosts' names and addresses, read again at SIGHUP. */
  readonly hostsFile: string;
  readonly pidFile: string;
  /** Name servers of this machine. */
  readonly upstream: readonly string[];
}

/** Text of the lab's dnsmasq.conf(5). */
export function renderDnsConfiguration({ subnet, hostsFile, pidFile, upstream }: DnsSettings): string {
  const lines = [
    "# Only the lab's address, so that several labs and the machine's own name server live side by side.",
    "bind-interfaces",
    `listen-address=${subnet.gateway}`,
    `pid-file=${pidFile}`,
    "# The lab's folder may be closed to others, and dnsmasq reads it again when hosts come and go.",
    "user=root",
    "no-hosts",
    `addn-hosts=${hostsFile}`,
    "no-resolv",
    ...upstream.map((server) => `server=${server}`),
    "# Nobody but the lab knows its own addresses: answer at once that they have no name.",
    "bogus-priv",
    "# Queries for the silent domain stay open, and a test may send many.",
    "dns-forward-max=1000",
    "",
    `txt-record=mail.${hostDomain},"v=spf1 a -all"`,
    ...localDomains.flatMap((domain) => [
      `local=/${domain}/`,
      `mx-host=${domain},mail.${hostDomain},10`,
      `txt-record=${domain},"v=spf1 mx -all"`,
      `txt-record=_dmarc.${domain},"v=DMARC1; p=none"`,
      `srv-host=_submission._tcp.${domain},mail.${hostDomain},587,0,1`,
      `srv-host=_imap._tcp.${domain},mail.${hostDomain},143,0,1`,
    ]),
    "",
    `local=/${foreignDomain}/`,
    `mx-host=${foreignDomain},mx.${foreignDomain},10`,
    `host-record=mx.${foreignDomain},${subnet.sink}`,
    `host-record=client.${foreignDomain},${subnet.client}`,
    `local=/${missingDomain}/`,
    `server=/${silentDomain}/${subnet.silent}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** Names and addresses of one host. */
export interface HostNames {
  readonly name: string;
  readonly addresses: readonly string[];
}

/** Text of the hosts(5) file of the lab's machines. Further addresses have a name of their own, so that each one is found by name. */
export function renderHostsFile(hosts: readonly HostNames[]): string {
  const lines = hosts.flatMap(({ name, addresses }) =>
    addresses.map((address, index) => {
      const label = index === 0 ? name : `${name}-${index + 1}`;
      return `${address} ${label}.${hostDomain}\n`;
    }),
  );
  return lines.sort().join("");
}

/** Name servers of a resolv.conf(5). */
export function parseNameServers(resolvConf: string): string[] {
  return [...resolvConf.matchAll(/^nameserver\s+(\S+)/gm)].flatMap(([, address]) => address ?? []);
}

/** Starts the lab's name server; it answers when this returns. */
export async function startDns(paths: LabPaths, group: string, subnet: Subnet): Promise<void> {
  const upstream = parseNameServers(readFileSync("/etc/resolv.conf", "utf8"));
  const settings = { subnet, hostsFile: paths.dnsHosts, pidFile: paths.dnsProcess, upstream };
  writeFileSync(paths.dnsHosts, "");
  writeFileSync(paths.dnsConfiguration, renderDnsConfiguration(settings));
  writeFileSync(paths.resolvConf, `nameserver ${subnet.gateway}\n`);
  // dnsmasq goes to the background by itself, once its socket is bound.
  await mustRun(inGroup(group, ["dnsmasq", `--conf-file=${paths.dnsConfiguration}`]));
}

/** Makes the name server answer for exactly these hosts. */
export function publishHosts(paths: LabPaths, group: string, hosts: readonly HostNames[]): void {
  writeFileSync(paths.dnsHosts, renderHostsFile(hosts));
  const pid = Number(readFileSync(paths.dnsProcess, "utf8"));
  if (groupProcesses(group).includes(pid)) process.kill(pid, "SIGHUP");
}

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { withLock } from "../launch/lock.mjs";
import { mustRun, run } from "./processes.ts";
import { chooseSubnet, type Subnet, subnetOf } from "./subnets.ts";

/** Labs of all caches and users of this machine choose their subnets one after the other. */
const subnetLock = "/run/mailhost/subnets.lock";

const namespacesFolder = "/run/netns";

function bridgeOf(mark: string): string {
  return `${mark}br`;
}

/** File that stands for a namespace of the lab. */
export function namespaceFile(mark: string, name: string): string {
  return `${namespacesFolder}/${mark}-${name}`;
}

/** Command line that starts `argv` in a network namespace of the lab. */
export function inNamespace(mark: string, name: string, argv: readonly string[]): string[] {
  return ["nsenter", `--net=${namespaceFile(mark, name)}`, "--", ...argv];
}

/**
 * Makes the lab's own network: a bridge that this machine has an address on, and address translation to the outside.
 *
 * @returns the first three octets of its addresses
 */
export async function createNetwork(mark: string): Promise<string> {
  const prefix = await withLock(subnetLock, async () => {
    const routes = JSON.parse(await mustRun(["ip", "-json", "-4", "route", "show", "table", "all"])) as {
      dst: string;
    }[];
    const chosen = chooseSubnet(routes.map(({ dst }) => dst));
    const subnet = subnetOf(chosen);
    const bridge = bridgeOf(mark);
    await mustRun(["ip", "link", "add", bridge, "type", "bridge"]);
    await mustRun(["ip", "address", "add", `${subnet.gateway}/${subnet.prefixLength}`, "dev", bridge]);
    await mustRun(["ip", "link", "set", bridge, "up"]);
    return chosen;
  });
  await enableForwarding();
  for (const { table, chain, rule } of firewallRules(mark, subnetOf(prefix))) {
    await mustRun(["iptables", "--wait", "--table", table, "--insert", chain, ...rule]);
  }
  return prefix;
}

interface FirewallRule {
  readonly table: string;
  readonly chain: string;
  readonly rule: readonly string[];
}

/** The rules come first in their chains, because Docker and firewalls of this machine refuse what they do not know. */
function firewallRules(mark: string, subnet: Subnet): FirewallRule[] {
  const bridge = bridgeOf(mark);
  const comment = ["-m", "comment", "--comment", mark];
  return [
    {
      table: "nat",
      chain: "POSTROUTING",
      rule: ["-s", subnet.cidr, "!", "-d", subnet.cidr, ...comment, "-j", "MASQUERADE"],
    },
    { table: "filter", chain: "INPUT", rule: ["-i", bridge, ...comment, "-j", "ACCEPT"] },
    { table: "filter", chain: "FORWARD", rule: ["-i", bridge, ...comment, "-j", "ACCEPT"] },
    { table: "filter", chain: "FORWARD", rule: ["-o", bridge, ...comment, "-j", "ACCEPT"] },
  ];
}

async function enableForwarding(): Promise<void> {
  const setting = "net.ipv4.ip_forward";
  if (readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8").trim() === "1") return;
  process.stderr.write(`setting ${setting}=1 on this machine, so that test hosts reach the package mirrors\n`);
  await mustRun(["sysctl", "-q", "-w", `${setting}=1`]);
}

/** Makes a network namespace whose interface `host0` has the given addresses of the lab. */
export async function createNamespace(
  mark: string,
  subnet: Subnet,
  name: string,
  addresses: readonly [string, ...string[]],
): Promise<void> {
  const file = `${mark}-${name}`;
  const outer = `${mark}${addresses[0].split(".")[3]}`;
  const mtu = await outsideMtu();
  await mustRun(["ip", "netns", "add", file]);
  // Packets larger than the way out can carry would be lost where "fragmentation needed" is filtered.
  const inner = ["name", "host0", "netns", file, "address", hardwareAddress(addresses[0]), "mtu", mtu];
  await mustRun(["ip", "link", "add", outer, "mtu", mtu, "type", "veth", "peer", ...inner]);
  await mustRun(["ip", "link", "set", outer, "master", bridgeOf(mark), "up"]);
  const inside = [
    "link set lo up",
    "link set host0 up",
    ...addresses.map((address) => `address add ${address}/${subnet.prefixLength} dev host0`),
    `route add default via ${subnet.gateway}`,
  ];
  await mustRun(["ip", "-netns", file, "-batch", "-"], `${inside.join("\n")}\n`);
}

/**
 * An interface's hardware address, made from its network address: a new host that takes over the address of a removed one
 * is otherwise unreachable until this machine forgets, after half a minute, where the old one was.
 */
function hardwareAddress(address: string): string {
  const octets = address.split(".").map((octet) => Number(octet).toString(16).padStart(2, "0"));
  return ["02", "00", ...octets].join(":");
}

/** Removes a namespace and its interface; whatever runs in it must have ended. */
export async function removeNamespace(mark: string, name: string): Promise<void> {
  const file = `${mark}-${name}`;
  if (!existsSync(namespaceFile(mark, name))) return;
  // The kernel removes an emptied namespace some time later; its interface must be gone when we return.
  await run(["ip", "-netns", file, "link", "delete", "host0"]);
  await mustRun(["ip", "netns", "delete", file]);
}

/** Removes everything of a lab's network, as far as it was made. All processes of the lab must have ended. */
export async function removeNetwork(mark: string): Promise<void> {
  for (const { table, chain, rule } of await ownRules(mark)) {
    await mustRun(["iptables", "--wait", "--table", table, "--delete", chain, ...rule]);
  }
  const namespaces = existsSync(namespacesFolder) ? readdirSync(namespacesFolder) : [];
  for (const name of namespaces.filter((file) => file.startsWith(`${mark}-`))) {
    await removeNamespace(mark, name.slice(mark.length + 1));
  }
  const links = readdirSync("/sys/class/net").filter((link) => link.startsWith(mark));
  for (const link of links) {
    const { code, stderr } = await run(["ip", "link", "delete", link]);
    if (code !== 0 && existsSync(`/sys/class/net/${link}`)) throw new Error(`cannot remove ${link}: ${stderr.trim()}`);
  }
}

/** The rules that carry the lab's mark, as the firewall has them now. */
async function ownRules(mark: string): Promise<FirewallRule[]> {
  const found: FirewallRule[] = [];
  for (const table of ["nat", "filter"]) {
    const listing = await mustRun(["iptables", "--wait", "--table", table, "--list-rules"]);
    for (const line of listing.split("\n")) {
      const [action, chain, ...rule] = line.replaceAll('"', "").split(" ");
      if (action === "-A" && chain !== undefined && rule.includes(mark)) found.push({ table, chain, rule });
    }
  }
  return found;
}

/** Largest packet that the interface of this machine's default route carries. */
async function outsideMtu(): Promise<string> {
  const routes = JSON.parse(await mustRun(["ip", "-json", "-4", "route", "show", "default"])) as { dev?: string }[];
  const device = routes[0]?.dev;
  const mtu = device === undefined ? 1500 : Number(readFileSync(`/sys/class/net/${device}/mtu`, "utf8"));
  return String(Math.min(mtu, 1500));
}

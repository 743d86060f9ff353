import { existsSync, readFileSync } from "node:fs";
import { ensureInstalled, type Requirement } from "../debianPackages.ts";

/** What test hosts need. */
const requirements: readonly Requirement[] = [
  { need: "systemd-nspawn", debianPackage: "systemd-container" },
  { need: "mmdebstrap", debianPackage: "mmdebstrap" },
  { need: "/usr/share/keyrings/debian-archive-keyring.gpg", debianPackage: "debian-archive-keyring" },
  { need: "ip", debianPackage: "iproute2" },
  { need: "iptables", debianPackage: "iptables" },
  { need: "dnsmasq", debianPackage: "dnsmasq-base" },
  { need: "ssh-keygen", debianPackage: "openssh-client" },
  { need: "openssl", debianPackage: "openssl" },
  { need: "flock", debianPackage: "util-linux" },
  { need: "unshare", debianPackage: "util-linux" },
  { need: "nsenter", debianPackage: "util-linux" },
];

/**
 * Makes sure that this machine can run test hosts: installs missing Debian packages and says which, or says why it cannot.
 */
export async function ensureRequirements(): Promise<void> {
  if (process.platform !== "linux") {
    throw new Error(`test hosts need Linux with systemd-nspawn, and this is ${process.platform}`);
  }
  if (process.getuid?.() !== 0) {
    throw new Error("test hosts need root, for namespaces, mounts and firewall rules: run this with sudo or as root");
  }
  await ensureInstalled(requirements, "test hosts");
}

/** Code name of this machine's Debian release, as in its apt sources; undefined on another system. */
export function debianCodename(): string | undefined {
  if (!existsSync("/etc/os-release")) return undefined;
  const text = readFileSync("/etc/os-release", "utf8");
  const field = (name: string): string | undefined => new RegExp(`^${name}="?([^"\\n]*)"?$`, "m").exec(text)?.[1];
  return field("ID") === "debian" ? field("VERSION_CODENAME") : undefined;
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "../launch/lock.mjs";
import { commandEnvironment, commandPath } from "./processes.ts";

/** Program (or file) that test hosts need, and the Debian package it comes from. */
const requirements: readonly { readonly need: string; readonly debianPackage: string }[] = [
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

/** Whoever waits finds everything there. apt-get itself does not wait for another one that updates its lists. */
const installationLock = "/run/mailhost-requirements.lock";

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
  if (missingRequirements().length > 0) await withLock(installationLock, installMissing);
}

async function installMissing(): Promise<void> {
  let missing = missingRequirements();
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(({ debianPackage }) => debianPackage))];
  if (!existsSync("/etc/debian_version") || !isInstalled("apt-get")) {
    const names = missing.map(({ need }) => need).join(", ");
    throw new Error(
      `test hosts need ${names} (Debian packages: ${packages.join(" ")}), and this is no Debian to install them on`,
    );
  }
  process.stderr.write(`installing what test hosts need: ${packages.join(" ")}\n`);
  await aptGet("update");
  await aptGet("install", "--yes", "--no-install-recommends", ...packages);
  missing = missingRequirements();
  if (missing.length > 0) {
    throw new Error(`still missing after apt-get install: ${missing.map(({ need }) => need).join(", ")}`);
  }
}

/** Code name of this machine's Debian release, as in its apt sources; undefined on another system. */
export function debianCodename(): string | undefined {
  if (!existsSync("/etc/os-release")) return undefined;
  const text = readFileSync("/etc/os-release", "utf8");
  const field = (name: string): string | undefined => new RegExp(`^${name}="?([^"\\n]*)"?$`, "m").exec(text)?.[1];
  return field("ID") === "debian" ? field("VERSION_CODENAME") : undefined;
}

function missingRequirements(): typeof requirements {
  return requirements.filter(({ need }) => !isInstalled(need));
}

function isInstalled(need: string): boolean {
  if (need.startsWith("/")) return existsSync(need);
  return commandPath()
    .split(":")
    .some((folder) => {
      try {
        accessSync(join(folder, need), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

async function aptGet(...args: string[]): Promise<void> {
  const child = spawn("apt-get", ["-o", "DPkg::Lock::Timeout=600", "--quiet", ...args], {
    env: { ...commandEnvironment(), DEBIAN_FRONTEND: "noninteractive" },
    stdio: ["ignore", process.stderr, process.stderr],
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`apt-get ${args.join(" ")}: exit code ${String(code)}`);
}

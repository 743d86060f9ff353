import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { changesFolder, type HostPlace } from "./container.ts";
import { hostDomain } from "./dns.ts";
import { createKey } from "./sshKeys.ts";

/**
 * Writes what makes a host differ from its image: identity, keys, names. It is the upper layer of the host's file system.
 *
 * @returns the host's public key
 */
export async function writeHostFiles(place: HostPlace, authorizedKey: string): Promise<string> {
  const changes = changesFolder(place.folder);
  const { name, addresses } = place.record;
  makeFolder(changes, 0o755);
  const etc = makeFolder(join(changes, "etc"), 0o755);
  writeText(join(etc, "hostname"), `${name}\n`, 0o644);
  writeText(join(etc, "hosts"), `127.0.0.1 localhost\n${addresses[0]} ${name}.${hostDomain} ${name}\n`, 0o644);
  writeText(join(etc, "machine-id"), `${randomBytes(16).toString("hex")}\n`, 0o444);
  writeText(join(etc, "resolv.conf"), readFileSync(place.resolvConf, "utf8"), 0o644);
  const home = makeFolder(join(changes, "root"), 0o700);
  const ssh = makeFolder(join(home, ".ssh"), 0o700);
  writeText(join(ssh, "authorized_keys"), `${authorizedKey}\n`, 0o600);
  return createKey(join(makeFolder(join(etc, "ssh"), 0o755), "ssh_host_ed25519_key"));
}

// Modes are set on what is there, because the umask takes from the mode that a file is made with.

function makeFolder(path: string, mode: number): string {
  mkdirSync(path);
  chmodSync(path, mode);
  return path;
}

function writeText(path: string, text: string, mode: number): void {
  writeFileSync(path, text);
  chmodSync(path, mode);
}

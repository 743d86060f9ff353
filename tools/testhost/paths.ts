import { createHash } from "node:crypto";
import { join } from "node:path";
import { cacheFolder } from "../launch/paths.mjs";

/** Parent of one folder per image, named after release and recipe. */
export function imagesFolder(): string {
  return join(cacheFolder(), "testhost", "images");
}

/** Parent of one folder per lab, named after the lab. */
export function labsFolder(): string {
  return join(cacheFolder(), "testhost", "labs");
}

/** Files and folders of one lab. All of them go when the lab goes. */
export interface LabPaths {
  readonly folder: string;
  /** Who owns the lab: see labRecord.ts. */
  readonly record: string;
  /** Outside of the folder, which goes while it is held. */
  readonly removalLock: string;
  /** Secret half of the key that opens root on every host of the lab. */
  readonly privateKey: string;
  /** One empty file per host address in use, so that two hosts cannot take the same one. */
  readonly addresses: string;
  readonly hosts: string;
  /** What the sink received: one folder entry per message. */
  readonly mail: string;
  readonly logs: string;
  readonly dnsConfiguration: string;
  /** hosts(5) file with the names of the lab's machines. */
  readonly dnsHosts: string;
  readonly dnsProcess: string;
  /** resolv.conf(5) for everything inside the lab. */
  readonly resolvConf: string;
}

export function labPaths(id: string): LabPaths {
  const folder = join(labsFolder(), id);
  return {
    folder,
    record: join(folder, "lab.json"),
    removalLock: join(cacheFolder(), "testhost", "removing", `${id}.lock`),
    privateKey: join(folder, "id_ed25519"),
    addresses: join(folder, "addresses"),
    hosts: join(folder, "hosts"),
    mail: join(folder, "mail"),
    logs: join(folder, "logs"),
    dnsConfiguration: join(folder, "dnsmasq.conf"),
    dnsHosts: join(folder, "dnsmasq.hosts"),
    dnsProcess: join(folder, "dnsmasq.pid"),
    resolvConf: join(folder, "resolv.conf"),
  };
}

/**
 * What the name of everything starts with that a lab makes outside its folder: interfaces, namespaces, firewall rules,
 * control groups. With it all of that is found again when nothing else is known of the lab.
 *
 * The kernel limits names of interfaces to 15 characters, so it is short. It is made from the folder, not from the id alone: two caches on one machine may use the same id.
 */
export function labMark(id: string): string {
  return `mh${createHash("sha256").update(labPaths(id).folder).digest("hex").slice(0, 8)}`;
}

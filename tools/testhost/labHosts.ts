import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hostGroup, servicesGroup } from "./cgroups.ts";
import {
  bootContainer,
  endContainer,
  type HostPlace,
  type HostRecord,
  hostNamespace,
  type Mounts,
} from "./container.ts";
import { publishHosts } from "./dns.ts";
import { type TestHost, testHost } from "./host.ts";
import { writeHostFiles } from "./hostFiles.ts";
import { ensureImage, type Release } from "./image.ts";
import { labIds } from "./labRecord.ts";
import { requireName } from "./names.ts";
import { createNamespace, removeNamespace } from "./network.ts";
import { labMark, labPaths } from "./paths.ts";
import { hostAddresses, type Subnet } from "./subnets.ts";

/** How to make a host. */
export interface StartHostOptions {
  /** @default "debian13" */
  release?: Release;
  /**
   * Whether the packages of a mail host are installed, with daemons that have yet to be configured and started: a deployment then
   * takes half the time. Else the host is a bare Debian.
   *
   * @default false
   */
  isFurnished?: boolean;
  /**
   * Host part of the name in the lab's DNS. The lab's mail domains have `mail` as their mail exchanger.
   *
   * @default "mail"
   */
  name?: string;
  /**
   * How many addresses the host has.
   *
   * @default 1
   */
  addresses?: number;
  /**
   * Whether Docker is going to run in the host: its storage driver cannot use the overlay that a host's root file system is.
   *
   * @default false
   */
  docker?: boolean;
  /**
   * What of this machine is in the host too, read-only: path there to path here.
   *
   * @default {}
   */
  mounts?: Mounts;
}

/** Makes a host in a lab, boots it and waits until it takes log-ins. */
export async function startHost(
  id: string,
  subnet: Subnet,
  {
    release = "debian13",
    isFurnished = false,
    name = "mail",
    addresses: count = 1,
    docker = false,
    mounts = {},
  }: StartHostOptions = {},
): Promise<TestHost> {
  requireName(name);
  const image = await ensureImage({ release, isFurnished });
  const paths = labPaths(id);
  const folder = join(paths.hosts, name);
  if (existsSync(folder)) throw new Error(`the lab has a host "${name}" already`);
  mkdirSync(folder);
  try {
    const addresses = reserveAddresses(id, subnet, name, count);
    const unfinished = { name, release, addresses, image, docker, mounts, hostKey: "" };
    const authorizedKey = readFileSync(`${paths.privateKey}.pub`, "utf8").trim();
    const hostKey = await writeHostFiles(hostPlace(id, unfinished), authorizedKey);
    const record = { ...unfinished, hostKey };
    writeHostRecord(folder, record);
    await createNamespace(labMark(id), subnet, hostNamespace(name), addresses);
    publishHosts(paths, servicesGroup(labMark(id)), hostRecords(id));
    await bootContainer(hostPlace(id, record));
    return openHost(id, record);
  } catch (error) {
    await removeHost(id, name);
    throw error;
  }
}

/** Takes the first free addresses for a host; a file that only one can make stands for each. */
function reserveAddresses(id: string, subnet: Subnet, name: string, count: number): readonly [string, ...string[]] {
  const reserved: string[] = [];
  for (let index = 0; index < hostAddresses && reserved.length < count; index++) {
    const address = subnet.host(index);
    try {
      writeFileSync(join(labPaths(id).addresses, address), name, { flag: "wx" });
      reserved.push(address);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
  }
  const [first, ...others] = reserved;
  if (first === undefined || reserved.length < count)
    throw new Error(`the lab has no ${count} free addresses for "${name}"`);
  return [first, ...others];
}

function releaseAddresses(id: string, name: string): void {
  const folder = labPaths(id).addresses;
  for (const address of readdirSync(folder)) {
    if (readFileSync(join(folder, address), "utf8") === name) rmSync(join(folder, address));
  }
}

function hostPlace(id: string, record: HostRecord): HostPlace {
  const paths = labPaths(id);
  const mark = labMark(id);
  const folder = join(paths.hosts, record.name);
  return { record, folder, mark, group: hostGroup(mark, record.name), resolvConf: paths.resolvConf };
}

function openHost(id: string, record: HostRecord): TestHost {
  return testHost(hostPlace(id, record), labPaths(id).privateKey, () => removeHost(id, record.name));
}

async function removeHost(id: string, name: string): Promise<void> {
  const paths = labPaths(id);
  if (!existsSync(paths.folder)) return;
  const mark = labMark(id);
  await endContainer(hostGroup(mark, name));
  await removeNamespace(mark, hostNamespace(name));
  rmSync(join(paths.hosts, name), { recursive: true, force: true });
  releaseAddresses(id, name);
  publishHosts(paths, servicesGroup(mark), hostRecords(id));
}

function writeHostRecord(folder: string, record: HostRecord): void {
  const file = join(folder, "host.json");
  writeFileSync(`${file}.new`, `${JSON.stringify(record, undefined, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/** The images of all hosts of all labs. */
export function imagesInUse(): string[] {
  return labIds().flatMap((id) => hostRecords(id).map(({ image }) => image));
}

/** The hosts that a lab has, on or off. */
export function findHosts(id: string): TestHost[] {
  return hostRecords(id).map((record) => openHost(id, record));
}

function hostRecords(id: string): HostRecord[] {
  return globSync(join(labPaths(id).hosts, "*", "host.json")).flatMap(readHostRecord);
}

/** Nothing where the host has just been removed. */
function readHostRecord(file: string): HostRecord[] {
  try {
    return [JSON.parse(readFileSync(file, "utf8"))];
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

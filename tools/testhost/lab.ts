import { createHash, randomBytes, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createGroup, hostGroup, servicesGroup } from "./cgroups.ts";
import { type LabClient, labClient, startClient } from "./client.ts";
import { publishHosts, startDns } from "./dns.ts";
import {
  bootHost,
  createKey,
  endHost,
  type HostPlace,
  type HostRecord,
  hostNamespace,
  type TestHost,
  testHost,
  writeHostFiles,
} from "./host.ts";
import { ensureImage, type Release } from "./image.ts";
import { type Keeper, startKeeper } from "./keeper.ts";
import { type LabRecord, readLabRecord, writeLabRecord } from "./labRecord.ts";
import { removeAbandonedLabs, removeLab } from "./labRemoval.ts";
import type { ServicePlace } from "./labServices.ts";
import { createNamespace, createNetwork, removeNamespace } from "./network.ts";
import { labMark, labPaths, labsFolder } from "./paths.ts";
import { currentBootId, identifyProcess } from "./processes.ts";
import { ensureRequirements } from "./requirements.ts";
import { type MailSink, mailSink, startSink } from "./sink.ts";
import { hostAddresses, type Subnet, subnetOf } from "./subnets.ts";

/** How to make a lab. */
export interface CreateLabOptions {
  /**
   * Name to find the lab by: see {@link findLab}. It counts within this checkout.
   *
   * @default - none: only the process that makes the lab can use it
   */
  name?: string;
  /**
   * Whether the lab outlives the process that makes it. It then needs a name.
   *
   * @default false
   */
  keep?: boolean;
}

/** How to make a host. */
export interface StartHostOptions {
  /** @default "debian13" */
  release?: Release;
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
}

/**
 * A private network with everything a mail host needs around itself: name server, way to the package mirrors, a client and
 * a foreign mail server.
 */
export interface Lab extends AsyncDisposable {
  readonly id: string;
  /** This machine's address on the lab's network. It is the lab's name server too. */
  readonly gateway: string;
  readonly client: LabClient;
  readonly sink: MailSink;
  /** The hosts there are, on or off. */
  hosts(): TestHost[];
  /** Makes a host, boots it and waits until it takes log-ins. */
  startHost(options?: StartHostOptions): Promise<TestHost>;
  /** Removes the lab with its hosts; nothing of it is left on this machine. */
  remove(): Promise<void>;
}

/**
 * Makes a lab. It is removed by {@link Lab.remove}, at the end of an `await using` block, or when this process ends, in
 * whatever way. Labs that have lost their owner are removed first.
 */
export async function createLab({ name, keep = false }: CreateLabOptions = {}): Promise<Lab> {
  if (keep && name === undefined) throw new Error("a lab that is kept needs a name to be found by");
  await ensureRequirements();
  await removeAbandonedLabs();
  const id = name === undefined ? randomBytes(4).toString("hex") : namedLabId(name);
  const paths = labPaths(id);
  const owner = identifyProcess(process.pid);
  if (owner === undefined) throw new Error("cannot read this process's entry in /proc");
  createLabFolder(id);
  const unfinished: LabRecord = { id, instance: randomUUID(), owner, bootId: currentBootId(), subnetPrefix: undefined };
  writeLabRecord(unfinished);
  const keeper = startKeeper(unfinished);
  try {
    await createKey(paths.privateKey);
    const mark = labMark(id);
    createGroup(servicesGroup(mark));
    const subnetPrefix = await createNetwork(mark);
    await startServices(id, subnetOf(subnetPrefix));
    const record = { ...unfinished, subnetPrefix, owner: keep ? undefined : owner };
    writeLabRecord(record);
    if (keep) keeper.dismiss();
    return openLab(id, subnetPrefix, keep ? undefined : keeper);
  } catch (error) {
    await removeLab(id);
    keeper.dismiss();
    throw error;
  }
}

/** Makes the lab's folder, which claims its name. */
function createLabFolder(id: string): void {
  mkdirSync(labsFolder(), { recursive: true });
  const paths = labPaths(id);
  try {
    mkdirSync(paths.folder, { mode: 0o700 });
  } catch (error) {
    throw new Error(`cannot make the lab ${id}: is there one of this name already?`, { cause: error });
  }
  for (const folder of [paths.addresses, paths.hosts, paths.mail, paths.logs]) mkdirSync(folder);
}

/** Finds a lab that was made with this name and kept; nothing when there is none (any more). */
export async function findLab(name: string): Promise<Lab | undefined> {
  await removeAbandonedLabs();
  const record = readLabRecord(namedLabId(name));
  if (record?.subnetPrefix === undefined) return undefined;
  return openLab(record.id, record.subnetPrefix, undefined);
}

/** Removes a lab by name, whatever state it is in; nothing happens when there is none. */
export async function removeLabByName(name: string): Promise<void> {
  const id = namedLabId(name);
  if (existsSync(labPaths(id).folder)) await removeLab(id);
}

/** Labs of the same name in several checkouts are several labs. */
function namedLabId(name: string): string {
  requireName(name);
  return `${name}-${createHash("sha256")
    .update(import.meta.dirname)
    .digest("hex")
    .slice(0, 8)}`;
}

/** Names become parts of file names, of host names and of control groups. */
function requireName(name: string): void {
  if (!/^[a-z][a-z0-9-]{0,29}$/.test(name)) {
    throw new Error(`"${name}" cannot be a name: use up to 30 lower case letters, digits and "-", a letter first`);
  }
}

async function startServices(id: string, subnet: Subnet): Promise<void> {
  const paths = labPaths(id);
  const mark = labMark(id);
  const group = servicesGroup(mark);
  const place = (namespace: string): ServicePlace => ({ paths, mark, group, namespace });
  await startDns(paths, group, subnet);
  await createNamespace(mark, subnet, "client", [subnet.client]);
  await createNamespace(mark, subnet, "sink", [subnet.sink, subnet.silent]);
  await Promise.all([startClient(place("client"), subnet), startSink(place("sink"), subnet)]);
}

/** The handle of a lab whose services run. */
function openLab(id: string, subnetPrefix: string, keeper: Keeper | undefined): Lab {
  const paths = labPaths(id);
  const mark = labMark(id);
  const subnet = subnetOf(subnetPrefix);
  const remove = async (): Promise<void> => {
    await removeLab(id);
    keeper?.dismiss();
  };
  return {
    id,
    gateway: subnet.gateway,
    client: labClient({ paths, mark, namespace: "client" }, subnet),
    sink: mailSink(paths, subnet),
    hosts: () => hostRecords(id).map((record) => openHost(id, record)),
    startHost: (options) => startHost(id, subnet, options),
    remove,
    [Symbol.asyncDispose]: remove,
  };
}

async function startHost(
  id: string,
  subnet: Subnet,
  { release = "debian13", name = "mail", addresses: count = 1, docker = false }: StartHostOptions = {},
): Promise<TestHost> {
  requireName(name);
  const image = await ensureImage(release);
  const paths = labPaths(id);
  const folder = join(paths.hosts, name);
  if (existsSync(folder)) throw new Error(`the lab has a host "${name}" already`);
  mkdirSync(folder);
  try {
    const addresses = reserveAddresses(id, subnet, name, count);
    const unfinished = { name, release, addresses, image, docker, hostKey: "" };
    const authorizedKey = readFileSync(`${paths.privateKey}.pub`, "utf8").trim();
    const hostKey = await writeHostFiles(hostPlace(id, unfinished), authorizedKey);
    const record = { ...unfinished, hostKey };
    writeHostRecord(folder, record);
    await createNamespace(labMark(id), subnet, hostNamespace(name), addresses);
    publishHosts(paths, servicesGroup(labMark(id)), hostRecords(id));
    await bootHost(hostPlace(id, record));
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
  await endHost(hostGroup(mark, name));
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

function hostRecords(id: string): HostRecord[] {
  const { hosts } = labPaths(id);
  return readdirSync(hosts)
    .map((name) => join(hosts, name, "host.json"))
    .filter((file) => existsSync(file))
    .map((file) => JSON.parse(readFileSync(file, "utf8")) as HostRecord);
}

import { createHash, randomBytes, randomUUID } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { createGroup, servicesGroup } from "./cgroups.ts";
import { type LabClient, labClient, startClient } from "./client.ts";
import { startDns } from "./dns.ts";
import type { TestHost } from "./host.ts";
import { removeOutdatedImages } from "./image.ts";
import { type Keeper, startKeeper } from "./keeper.ts";
import { findHosts, imagesInUse, type StartHostOptions, startHost } from "./labHosts.ts";
import { type LabRecord, readLabRecord, writeLabRecord } from "./labRecord.ts";
import { removeAbandonedLabs, removeLab } from "./labRemoval.ts";
import type { ServicePlace } from "./labServices.ts";
import { requireName } from "./names.ts";
import { createNamespace, createNetwork } from "./network.ts";
import { labMark, labPaths, labsFolder } from "./paths.ts";
import { currentBootId, identifyProcess } from "./processes.ts";
import { ensureRequirements } from "./requirements.ts";
import { type MailSink, mailSink, startSink } from "./sink.ts";
import { createKey } from "./sshKeys.ts";
import { type Subnet, subnetOf } from "./subnets.ts";

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
  removeOutdatedImages(imagesInUse());
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
    hosts: () => findHosts(id),
    startHost: (options) => startHost(id, subnet, options),
    remove,
    [Symbol.asyncDispose]: remove,
  };
}

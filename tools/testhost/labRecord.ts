import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { groupProcesses, servicesGroup } from "./cgroups.ts";
import { labMark, labPaths, labsFolder } from "./paths.ts";
import { currentBootId, isAlive, type ProcessIdentity } from "./processes.ts";

/** What every process can know of a lab. */
export interface LabRecord {
  readonly id: string;
  /** Tells this lab from an earlier or later one of the same name. */
  readonly instance: string;
  /** The lab lives as long as this process; without one it lives until it is removed by name. */
  readonly owner: ProcessIdentity | undefined;
  /** The run of the machine in which the lab was made: it does not outlive that. */
  readonly bootId: string;
  /** First three octets of the lab's addresses. */
  readonly subnetPrefix: string | undefined;
}

export function writeLabRecord(record: LabRecord): void {
  const file = labPaths(record.id).record;
  writeFileSync(`${file}.new`, `${JSON.stringify(record, undefined, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/** The record of a lab, or nothing where there is no such lab (any more). */
export function readLabRecord(id: string): LabRecord | undefined {
  try {
    return JSON.parse(readFileSync(labPaths(id).record, "utf8")) as LabRecord;
  } catch {
    return undefined;
  }
}

/** Names of all lab folders, complete or not. */
export function labIds(): string[] {
  try {
    return readdirSync(labsFolder());
  } catch {
    return [];
  }
}

/** Age from which a folder without a record is not one that is just being made. */
const orphanAgeMs = 60_000;

/** Whether a lab is of no use to anyone: its owner has ended, or its services have, as at a restart of the machine. */
export function isAbandoned(id: string): boolean {
  const record = readLabRecord(id);
  if (record === undefined) return isOrphan(id);
  if (record.bootId !== currentBootId()) return true;
  if (record.owner !== undefined) return !isAlive(record.owner);
  return groupProcesses(servicesGroup(labMark(id))).length === 0;
}

function isOrphan(id: string): boolean {
  const status = statSync(labPaths(id).folder, { throwIfNoEntry: false });
  return status !== undefined && Date.now() - status.mtimeMs > orphanAgeMs;
}

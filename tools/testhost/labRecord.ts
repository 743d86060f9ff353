import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { labPaths, labsFolder } from "./paths.ts";
import { currentBootId, isAlive, type ProcessIdentity } from "./processes.ts";

/** What every process can know of a lab. */
export interface LabRecord {
  readonly id: string;
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

/** Whether a lab's owner, or the whole machine, has ended since it was made. */
export function isAbandoned(record: LabRecord): boolean {
  if (record.bootId !== currentBootId()) return true;
  return record.owner !== undefined && !isAlive(record.owner);
}

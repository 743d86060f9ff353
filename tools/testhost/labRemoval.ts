import { existsSync, globSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { labGroup, removeGroup } from "./cgroups.ts";
import { endHost } from "./host.ts";
import { isAbandoned, labIds, readLabRecord } from "./labRecord.ts";
import { withLock } from "./locks.ts";
import { removeNetwork } from "./network.ts";
import { labMark, labPaths } from "./paths.ts";

/**
 * Removes everything of a lab, by its name alone: it may be half made, half removed, or its owner dead.
 *
 * The folder goes last, so that an interrupted removal is found and completed by the next one.
 */
export async function removeLab(id: string): Promise<void> {
  const { folder, removalLock } = labPaths(id);
  await withLock(removalLock, async () => {
    if (!existsSync(folder)) return;
    const mark = labMark(id);
    const group = labGroup(mark);
    await Promise.all(hostGroups(group).map((hostGroup) => endHost(hostGroup)));
    await removeGroup(group);
    for (const left of globSync(`/run/systemd/nspawn/propagate/${mark}-*`)) rmdirSync(left);
    await removeNetwork(mark);
    rmSync(folder, { recursive: true, force: true });
  });
}

/** The groups of the hosts within a lab's group; its services have one of another name. */
export function hostGroup(group: string, name: string): string {
  return join(group, `host-${name}`);
}

function hostGroups(group: string): string[] {
  if (!existsSync(group)) return [];
  return readdirSync(group)
    .filter((name) => name.startsWith("host-"))
    .map((name) => join(group, name));
}

/** Removes the labs whose owner has ended, and those that the machine's last shutdown has ended. */
export async function removeAbandonedLabs(): Promise<void> {
  for (const id of labIds()) {
    const record = readLabRecord(id);
    if (record !== undefined && isAbandoned(record)) await removeLab(id);
  }
}

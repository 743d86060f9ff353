import { existsSync, globSync, rmdirSync, rmSync } from "node:fs";
import { withLock } from "../launch/lock.mjs";
import { hostGroups, labGroup, removeGroup } from "./cgroups.ts";
import { endContainer } from "./container.ts";
import { isAbandoned, type LabRecord, labIds, readLabRecord } from "./labRecord.ts";
import { removeNetwork } from "./network.ts";
import { labMark, labPaths } from "./paths.ts";

/**
 * Removes everything of a lab, by its name alone: it may be half made, half removed, or its owner dead.
 *
 * The folder goes last, so that an interrupted removal is found and completed by the next one.
 *
 * @param isMeant asked when no other process removes the lab any more: by then it may be gone, and another of the same name made
 */
export async function removeLab(
  id: string,
  isMeant: (record: LabRecord | undefined) => boolean = () => true,
): Promise<void> {
  const { folder, removalLock } = labPaths(id);
  await withLock(removalLock, async () => {
    if (!existsSync(folder) || !isMeant(readLabRecord(id))) return;
    const mark = labMark(id);
    await Promise.all(hostGroups(mark).map((group) => endContainer(group)));
    await removeGroup(labGroup(mark));
    // systemd-nspawn leaves this folder when it is killed before its host runs.
    for (const left of globSync(`/run/systemd/nspawn/propagate/${mark}-*`)) rmdirSync(left);
    await removeNetwork(mark);
    rmSync(folder, { recursive: true, force: true });
  });
  rmSync(removalLock, { force: true });
}

/**
 * Removes the labs that have lost their owner, and those that ended with the machine's last shutdown.
 *
 * What cannot be removed is reported and left: it is no reason not to make another lab.
 */
export async function removeAbandonedLabs(): Promise<void> {
  for (const id of labIds()) {
    if (!isAbandoned(id)) continue;
    await removeLab(id, () => isAbandoned(id)).catch((error: unknown) => {
      process.stderr.write(`the abandoned lab ${id} cannot be removed: ${String(error)}\n`);
    });
  }
}

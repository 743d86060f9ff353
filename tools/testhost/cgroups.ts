import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { waitUntil } from "./waiting.ts";

/**
 * Control groups are what makes removal certain: every process of a lab, guests included, lives below the lab's own group,
 * so all of them can be found and ended by the lab's mark alone, and nothing else can.
 */
export function labGroup(mark: string): string {
  return join(unifiedHierarchy(), mark);
}

/** Group of the lab's name server, client and sink. */
export function servicesGroup(mark: string): string {
  return join(labGroup(mark), "services");
}

const hostPrefix = "host-";

/** Group of one host: systemd in it would otherwise see, and may end, what belongs to another. */
export function hostGroup(mark: string, name: string): string {
  return join(labGroup(mark), `${hostPrefix}${name}`);
}

/** Groups of all hosts of a lab. */
export function hostGroups(mark: string): string[] {
  const group = labGroup(mark);
  if (!existsSync(group)) return [];
  return readdirSync(group)
    .filter((name) => name.startsWith(hostPrefix))
    .map((name) => join(group, name));
}

/** Mount point of the version 2 hierarchy: the main one of new systems, beside version 1 on others. */
function unifiedHierarchy(): string {
  const mount = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "))
    .find(([, , type]) => type === "cgroup2");
  if (mount?.[1] === undefined) {
    throw new Error("test hosts need control groups version 2, and /proc/mounts shows no cgroup2 file system");
  }
  return mount[1];
}

export function createGroup(group: string): void {
  mkdirSync(group, { recursive: true });
}

/** Command line that starts `argv` inside a group; the process keeps its number, because `exec` replaces the shell. */
export function inGroup(group: string, argv: readonly string[]): string[] {
  return ["sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', group, ...argv];
}

/** Numbers of all processes in a group and below it. */
export function groupProcesses(group: string): number[] {
  return subgroups(group).flatMap((folder) => {
    try {
      return readFileSync(join(folder, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number);
    } catch {
      return [];
    }
  });
}

/** Ends every process of a group at once and removes the group; nothing happens when there is none. */
export async function removeGroup(group: string): Promise<void> {
  if (!existsSync(group)) return;
  try {
    writeFileSync(join(group, "cgroup.kill"), "1");
  } catch (error) {
    if (existsSync(group)) throw new Error(`cannot end the processes of ${group}`, { cause: error });
  }
  await waitUntil(() => (groupProcesses(group).length === 0 ? true : undefined), {
    what: `the end of all processes in ${group}`,
    timeoutMs: 30_000,
  });
  // A group stays busy for a moment after its last process is gone from the list.
  await waitUntil(() => tryRemoveFolders(group), { what: `the removal of ${group}`, timeoutMs: 10_000 });
}

function tryRemoveFolders(group: string): true | undefined {
  for (const folder of subgroups(group).reverse()) {
    try {
      rmdirSync(folder);
    } catch {
      if (existsSync(folder)) return undefined;
    }
  }
  return true;
}

/** A group and everything below it, parents first. */
function subgroups(group: string): string[] {
  try {
    const children = readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [group, ...children.flatMap((child) => subgroups(join(group, child.name)))];
  } catch {
    return [];
  }
}

import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createGroup, groupProcesses, inGroup, removeGroup } from "./cgroups.ts";
import type { Release } from "./image.ts";
import { namespaceFile } from "./network.ts";
import { type CommandResult, commandPath, mustRun, run } from "./processes.ts";
import { waitUntil } from "./waiting.ts";

/** What is recorded of a host, for other processes and for the next boot. */
export interface HostRecord {
  readonly name: string;
  readonly release: Release;
  readonly addresses: readonly [string, ...string[]];
  readonly hostKey: string;
  readonly image: string;
  readonly docker: boolean;
  readonly mounts: Mounts;
}

/** Path in the host to the file or folder of this machine that is there, read-only. */
export type Mounts = Readonly<Record<string, string>>;

/** A host's place in its lab. */
export interface HostPlace {
  readonly record: HostRecord;
  readonly folder: string;
  readonly mark: string;
  readonly group: string;
  readonly resolvConf: string;
}

/** A slow machine starts a host within this time. */
export const bootTimeoutMs = 120_000;

/** How systemd-nspawn says, when it runs as part of a unit, that the host wants to be started again. */
const rebootExitCode = 133;

/** Name of a host's network namespace within the lab. */
export function hostNamespace(name: string): string {
  return `host-${name}`;
}

/** Upper layer of a host's file system. */
export function changesFolder(folder: string): string {
  return join(folder, "changes");
}

/** Switches a host on and waits until it takes log-ins and has started everything. */
export async function bootContainer(place: HostPlace): Promise<void> {
  await removeGroup(place.group);
  createGroup(place.group);
  const consoleFile = join(place.folder, "console.log");
  const log = openSync(consoleFile, "a");
  const [file = "", ...args] = inGroup(place.group, await containerCommand(place));
  const container = spawn(file, args, {
    cwd: "/",
    env: {
      PATH: commandPath(),
      SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1",
      // With its own network a host may set its own network parameters, as Docker and packet filters do.
      SYSTEMD_NSPAWN_API_VFS_WRITABLE: "network",
    },
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  container.unref();
  let ended = false;
  container.once("exit", () => {
    ended = true;
  });
  container.once("error", () => {
    ended = true;
  });
  try {
    await waitUntilReady(place, () => ended);
  } catch (error) {
    const tail = readFileSync(consoleFile, "utf8").split("\n").slice(-15).join("\n");
    throw new Error(`the host ${place.record.name} does not start; its console ends with:\n${tail}`, { cause: error });
  }
}

/**
 * Command line of the container.
 *
 * The root file system is mounted in a mount namespace of the container's own, so no mount is left when it ends.
 */
async function containerCommand(place: HostPlace): Promise<string[]> {
  const root = join(place.folder, "root");
  const nspawn = [
    "systemd-nspawn",
    "--quiet",
    `--directory=${root}`,
    `--machine=${place.mark}-${place.record.name}`,
    "--register=no",
    "--keep-unit",
    `--network-namespace-path=${namespaceFile(place.mark, hostNamespace(place.record.name))}`,
    "--resolv-conf=off",
    "--timezone=off",
    "--link-journal=no",
    // What Docker in the host needs, and a machine of its own has anyway.
    "--capability=CAP_NET_ADMIN",
    "--system-call-filter=add_key keyctl bpf",
    ...Object.entries(place.record.mounts).map(([inHost, here]) => `--bind-ro=${here}:${inHost}`),
    "--boot",
  ];
  if (place.record.docker) {
    const storage = join(place.folder, "docker");
    mkdirSync(storage, { recursive: true });
    nspawn.push(`--bind=${storage}:/var/lib/docker`);
  }
  const overlay = await prepareRoot(place, root);
  const script = `
    root=$1 overlay=$2
    shift 2
    test -z "$overlay" || mount -t overlay overlay -o "$overlay" "$root" || exit
    code=${rebootExitCode}
    while test "$code" -eq ${rebootExitCode}; do
      "$@"
      code=$?
    done
    exit "$code"`;
  return ["unshare", "--mount", "--propagation", "slave", "sh", "-c", script, "sh", root, overlay, ...nspawn];
}

/**
 * Makes the folder for a host's root file system.
 *
 * @returns mount options of an overlay over the image; empty where the kernel allows none here, and a copy took its place
 */
async function prepareRoot({ folder, record: { image } }: HostPlace, root: string): Promise<string> {
  const copied = existsSync(root) && readdirSync(root).length > 0;
  if (copied) return "";
  mkdirSync(root, { recursive: true });
  const changes = changesFolder(folder);
  const work = join(folder, "overlay-work");
  // Without redirect_dir, folders of the image could not be renamed. "volatile" saves every fsync; older kernels lack it, and
  // it makes the work folder useless for a second boot.
  for (const extra of [",volatile", ""]) {
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work);
    const options = `lowerdir=${image},upperdir=${changes},workdir=${work},redirect_dir=on${extra}`;
    const attempt = await run(["unshare", "--mount", "mount", "-t", "overlay", "overlay", "-o", options, root]);
    if (attempt.code !== 0) continue;
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work);
    return options;
  }
  await mustRun(["cp", "--archive", "--reflink=auto", `${image}/.`, root]);
  await mustRun(["cp", "--archive", `${changes}/.`, root]);
  return "";
}

/** Waits until the host answers on its SSH port and systemd has started everything. */
export async function waitUntilReady(place: HostPlace, hasEnded: () => boolean): Promise<void> {
  const address = place.record.addresses[0];
  await waitUntil(
    async () => {
      if (hasEnded()) throw new Error("systemd-nspawn has ended");
      return (await answersWithSsh(address)) ? true : undefined;
    },
    { what: `an SSH server on ${address}`, timeoutMs: bootTimeoutMs },
  );
  const { stdout, stderr } = await runInContainer(place, "systemctl is-system-running --wait");
  const state = stdout.trim();
  if (state === "running") return;
  const failed = await runInContainer(place, "systemctl --failed --plain --no-legend");
  const details = `systemd is "${state}" ${stderr.trim()}\n${failed.stdout.trim()}`;
  if (state !== "degraded") throw new Error(details);
  process.stderr.write(`the host ${place.record.name} runs, but ${details}\n`);
}

/** Whether a server greets as SSH does. */
function answersWithSsh(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 22, timeout: 5000 });
    const settle = (answers: boolean): void => {
      socket.destroy();
      resolve(answers);
    };
    socket.once("data", (greeting) => settle(greeting.toString().startsWith("SSH-")));
    for (const event of ["error", "timeout", "close"]) socket.once(event, () => settle(false));
  });
}

/** Number of the host's process 1 on this machine; nothing while the host is off or between two boots. */
export function initProcess(group: string): number | undefined {
  return groupProcesses(group).find((pid) => {
    try {
      // One number per nested process namespace: a container inside the host has a third one.
      return /^NSpid:\t\d+\t1$/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
    } catch {
      return false;
    }
  });
}

/** Runs a shell command in a host, as root. */
export async function runInContainer(
  { group, record }: HostPlace,
  command: string,
  stdin?: string,
): Promise<CommandResult> {
  const init = initProcess(group);
  if (init === undefined) throw new Error(`the host ${record.name} is off`);
  const environment = [
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME=/root",
    "LANG=C.UTF-8",
  ];
  const enter = ["nsenter", "--target", String(init), "--all"];
  return run(
    [...enter, "--", "env", "--chdir=/root", "--ignore-environment", ...environment, "sh", "-c", command],
    stdin,
  );
}

/** Ends a host at once, as a power cut does, and removes its processes' control group. */
export async function endContainer(group: string): Promise<void> {
  const init = initProcess(group);
  if (init !== undefined) {
    // Without its process 1 the whole host is gone, and systemd-nspawn puts away what it made before it ends by itself.
    try {
      process.kill(init, "SIGKILL");
    } catch {
      // It has just ended by itself.
    }
    const gone = (): true | undefined => (groupProcesses(group).length === 0 ? true : undefined);
    await waitUntil(gone, { what: "the end of systemd-nspawn", timeoutMs: 5000 }).catch(() => {});
  }
  await removeGroup(group);
}

import { groupProcesses } from "./cgroups.ts";
import {
  bootContainer,
  bootTimeoutMs,
  endContainer,
  type HostPlace,
  initProcess,
  runInContainer,
  waitUntilReady,
} from "./container.ts";
import type { Release } from "./image.ts";
import type { CommandResult } from "./processes.ts";
import { waitUntil } from "./waiting.ts";

/** A Debian machine with systemd and sshd, and nothing of a mail host unless a test installs it. */
export interface TestHost {
  readonly name: string;
  readonly release: Release;
  readonly address: string;
  /** All addresses of the host, the main one first. */
  readonly addresses: readonly string[];
  readonly port: 22;
  readonly user: "root";
  /** The host's public key, without a comment. */
  readonly hostKey: string;
  readonly privateKeyFile: string;
  /** Runs a shell command in the host as root. This does not go through sshd, so it also works while that is down. */
  run(command: string, stdin?: string): Promise<CommandResult>;
  /** Whether the host is switched on, in whatever state it is. */
  isOn(): boolean;
  reboot(): Promise<void>;
  /** Shuts the host down in order. */
  powerOff(): Promise<void>;
  /** Takes the current away: nothing in the host gets a chance to finish. */
  cutPower(): Promise<void>;
  powerOn(): Promise<void>;
  remove(): Promise<void>;
}

/** Handle of a host that is on, or off, or about to be booted. */
export function testHost(place: HostPlace, privateKeyFile: string, remove: () => Promise<void>): TestHost {
  const { group, record } = place;
  return {
    name: record.name,
    release: record.release,
    address: record.addresses[0],
    addresses: record.addresses,
    port: 22,
    user: "root",
    hostKey: record.hostKey,
    privateKeyFile,
    run: (command, stdin) => runInContainer(place, command, stdin),
    isOn: () => initProcess(group) !== undefined,
    reboot: async () => {
      const before = initProcess(group);
      await runInContainer(place, "systemctl reboot");
      const another = (): true | undefined => {
        const now = initProcess(group);
        return now !== undefined && now !== before ? true : undefined;
      };
      await waitUntil(another, { what: `the reboot of ${record.name}`, timeoutMs: bootTimeoutMs });
      await waitUntilReady(place, () => groupProcesses(group).length === 0);
    },
    powerOff: async () => {
      if (initProcess(group) === undefined) return;
      await runInContainer(place, "systemctl poweroff");
      const off = (): true | undefined => (groupProcesses(group).length === 0 ? true : undefined);
      await waitUntil(off, { what: `the end of ${record.name}`, timeoutMs: bootTimeoutMs });
    },
    cutPower: () => endContainer(group),
    powerOn: async () => {
      if (initProcess(group) === undefined) await bootContainer(place);
    },
    remove,
  };
}

import type { Machine } from "../machine/machine.ts";
import { systemd } from "../machine/systemd.ts";
import { OperationError } from "../protocol/resource.ts";
import type { Connection, Outcome, RunOptions } from "./connection.ts";
import { LocalTransport } from "./local.ts";
import { SshTransport } from "./ssh.ts";
import type { Target } from "./target.ts";
import type { Transport } from "./transport.ts";

/** sshd_config(5) MaxSessions is 10 by default and counts every channel; the rest wait here. */
const MAX_COMMANDS = 8;

/**
 * The connection to a host, made at the first command.
 *
 * @param resolveTarget decides where to, at that moment
 * @param machine what kind of machine the host is
 */
export function connect(resolveTarget: () => Target, machine: Machine): Connection {
  return new RootConnection(() => open(resolveTarget()), machine);
}

function open(target: Target): Transport {
  switch (target.connection) {
    case "ssh":
      return new SshTransport(target);
    case "local":
      return new LocalTransport();
    default:
      return target satisfies never;
  }
}

/** Makes of commands of some user scripts of root, a few at a time. */
export class RootConnection implements Connection {
  readonly #open: () => Transport;
  readonly #machine: Machine;
  readonly #waiting: (() => void)[] = [];
  #transport: Transport | undefined;
  #running = 0;
  #closed = false;

  constructor(open: () => Transport, machine: Machine = systemd) {
    this.#open = open;
    this.#machine = machine;
  }

  async run(script: string, { detached = false }: RunOptions = {}): Promise<Outcome> {
    await this.#turn();
    try {
      if (this.#closed) throw new OperationError("the deployment was cancelled");
      this.#transport ??= this.#open();
      return requireRoot(this.#transport, await this.#execute(this.#transport, script, detached));
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  close(): void {
    this.#closed = true;
    this.#transport?.close();
  }

  async #execute(transport: Transport, script: string, detached: boolean): Promise<Outcome> {
    try {
      const shell = detached ? this.#machine.detachedShell() : "sh -s";
      return await transport.execute(transport.user === "root" ? shell : `sudo -n ${shell}`, script);
    } catch (error) {
      if (this.#closed) throw new OperationError("the deployment was cancelled; what had begun on the host goes on");
      throw error;
    }
  }

  async #turn(): Promise<void> {
    while (this.#running >= MAX_COMMANDS) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running += 1;
  }
}

/** sudo(8) says itself that it refuses; where there is none, the shell says so. */
function requireRoot({ user, userSetting }: Transport, outcome: Outcome): Outcome {
  const refused = outcome.code !== 0 && /^sudo: |\bsudo: .*not found/m.test(outcome.stderr);
  if (user === "root" || !refused) return outcome;
  throw new OperationError(
    `${userSetting}: ${user} may not become root without a password (${outcome.stderr.trim()}): give ${user} "NOPASSWD: ALL" in the host's /etc/sudoers.d, or log in as root`,
  );
}

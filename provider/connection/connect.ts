import { randomUUID } from "node:crypto";
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
 */
export function connect(resolveTarget: () => Target): Connection {
  return new RootConnection(() => open(resolveTarget()));
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
  readonly #waiting: (() => void)[] = [];
  #transport: Transport | undefined;
  #running = 0;
  #closed = false;

  constructor(open: () => Transport) {
    this.#open = open;
  }

  async run(script: string, { detached = false }: RunOptions = {}): Promise<Outcome> {
    await this.#turn();
    try {
      if (this.#closed) throw new OperationError("the deployment was cancelled");
      this.#transport ??= this.#open();
      return mayBeRoot(this.#transport, await this.#execute(this.#transport, script, detached));
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
      return await transport.execute(rootShell(transport.user, detached), script);
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

/** The command that runs, as root, the script on its standard input. */
function rootShell(user: string, detached: boolean): string {
  const unit = `mailhost-change-${randomUUID()}`;
  const shell = detached ? `systemd-run --quiet --pipe --wait --collect --unit=${unit} sh -s` : "sh -s";
  return user === "root" ? shell : `sudo -n ${shell}`;
}

/** sudo(8) says itself that it refuses; where there is none, the shell says so. */
function mayBeRoot({ user, userSetting }: Transport, outcome: Outcome): Outcome {
  const refused = outcome.code !== 0 && /^sudo: |\bsudo: .*not found/m.test(outcome.stderr);
  if (user === "root" || !refused) return outcome;
  throw new OperationError(
    `${userSetting}: ${user} may not become root without a password (${outcome.stderr.trim()}): give ${user} "NOPASSWD: ALL" in the host's /etc/sudoers.d, or log in as root`,
  );
}

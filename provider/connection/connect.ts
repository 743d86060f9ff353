import type { Machine } from "../machine/machine.ts";
import { systemd } from "../machine/systemd.ts";
import { OperationError } from "../protocol/resource.ts";
import type { Connection, Outcome, RunOptions } from "./connection.ts";
import { ChannelRefused, HostOccupied } from "./errors.ts";
import { LocalTransport } from "./local.ts";
import { logInProblem, rootProblem } from "./logIn.ts";
import { type MarkedAnswer, Marks } from "./marks.ts";
import { SshTransport } from "./ssh.ts";
import type { Target } from "./target.ts";
import type { Transport } from "./transport.ts";

/** sshd_config(5) MaxSessions is 10 by default and counts every channel; the rest wait here. */
const MAX_COMMANDS = 8;

const SESSIONS_REMEDY =
  "its sshd must allow a session, with MaxSessions of 1 or more in /etc/ssh/sshd_config (or sshd_config.d) on the host";

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
  readonly #marks = new Marks();
  readonly #waiting: (() => void)[] = [];
  #transport: Transport | undefined;
  #most = MAX_COMMANDS;
  #running = 0;
  #closed = false;

  constructor(open: () => Transport, machine: Machine = systemd) {
    this.#open = open;
    this.#machine = machine;
  }

  async run(script: string, options: RunOptions = {}): Promise<Outcome> {
    // sshd counts a channel that has just ended for a moment longer, so one refusal of a channel that is alone says nothing.
    for (let refusedAlone = false; ; ) {
      await this.#turn();
      try {
        if (this.#closed) throw new OperationError("the deployment was cancelled");
        this.#transport ??= this.#open();
        return requireRoot(this.#transport, this.#machine, await this.#execute(this.#transport, script, options));
      } catch (error) {
        if (!(error instanceof ChannelRefused)) throw error;
        const isAlone = this.#running === 1;
        if (isAlone && refusedAlone) throw new OperationError(`${error.message}: ${SESSIONS_REMEDY}`);
        refusedAlone ||= isAlone;
        this.#most = Math.max(1, this.#running - 1);
      } finally {
        this.#running -= 1;
        this.#waiting.shift()?.();
      }
    }
  }

  close(): void {
    this.#closed = true;
    this.#transport?.close();
  }

  async #execute(transport: Transport, script: string, options: RunOptions): Promise<MarkedAnswer> {
    try {
      const shell = this.#shell(options);
      const command = transport.user === "root" ? shell : `sudo -n ${shell}`;
      const answer = await transport.execute(this.#marks.commandLine(command), this.#marks.script(script));
      return this.#marks.read(answer);
    } catch (error) {
      if (this.#closed) throw new OperationError("the deployment was cancelled; what had begun on the host goes on");
      throw error;
    }
  }

  #shell({ detached = false, scratch = false }: RunOptions): string {
    if (scratch) return this.#machine.scratchShell();
    return detached ? this.#machine.detachedShell : "sh -s";
  }

  async #turn(): Promise<void> {
    while (this.#running >= this.#most) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running += 1;
  }
}

/** Whether root was reached is known before the script says anything: its errors are its own. */
function requireRoot(transport: Transport, machine: Machine, { reached, outcome }: MarkedAnswer): Outcome {
  switch (reached) {
    case "script":
      return outcome;
    case "command":
      if (machine.isOccupied(outcome.stderr)) throw new HostOccupied("another deployment is changing this host");
      throw new OperationError(rootProblem(transport, outcome));
    case "log-in":
      throw new OperationError(logInProblem(transport, outcome));
    default:
      return reached satisfies never;
  }
}

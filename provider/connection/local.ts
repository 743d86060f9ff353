import { spawn } from "node:child_process";
import { userInfo } from "node:os";
import { text } from "node:stream/consumers";
import type { Outcome } from "./connection.ts";
import { HostUnreachable } from "./errors.ts";
import type { Transport } from "./transport.ts";

/** As a log-in by SSH has it, and nothing of ours: the passphrase and the keys of the deployment are in our environment. */
const ENVIRONMENT = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" };

/** Commands on this machine. */
export class LocalTransport implements Transport {
  readonly user = userInfo().username;
  readonly userSetting = "mailhost:target.connection";
  readonly #closing = Promise.withResolvers<never>();

  constructor() {
    // Nobody may be waiting when it is closed.
    this.#closing.promise.catch(() => {});
  }

  execute(command: string, stdin: string): Promise<Outcome> {
    return Promise.race([runShell(command, stdin), this.#closing.promise]);
  }

  close(): void {
    this.#closing.reject(new HostUnreachable("the connection was closed"));
  }
}

async function runShell(command: string, stdin: string): Promise<Outcome> {
  const child = spawn("/bin/sh", ["-c", command], {
    cwd: "/",
    env: ENVIRONMENT,
    // Ctrl-C, or the engine, ends our whole process group: what has begun on the host goes on.
    detached: true,
  });
  const ending = new Promise<number>((resolve, reject) => {
    child.once("error", (error) => reject(new HostUnreachable(`cannot run /bin/sh: ${error.message}`)));
    child.once("close", (code) => resolve(code ?? 128));
  });
  // A command that ends before it has read everything tells why by its exit code.
  child.stdin.on("error", () => {});
  child.stdin.end(stdin);
  const [code, stdout, stderr] = await Promise.all([ending, text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}

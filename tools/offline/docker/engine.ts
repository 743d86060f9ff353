import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { Agent } from "node:http";
import { Duplex } from "node:stream";
import type Dockerode from "dockerode";
import { OperationError } from "../../../provider/protocol/resource.ts";

/** Where a Docker engine is, as the official provider takes it. */
export interface EngineAddress {
  /** `unix:///PATH`, `tcp://HOST:PORT` or `ssh://USER@HOST:PORT`. */
  readonly host?: string | undefined;
  /** Options of ssh(1), for `ssh://`. */
  readonly sshOpts?: readonly string[] | undefined;
}

/** Where Docker's own programs find an engine. */
const defaultHost = "unix:///var/run/docker.sock";

/** A Docker engine, which is dialled when it is first asked for something. */
export class Engine {
  readonly #host: string;
  readonly #sshOpts: readonly string[];
  #agent: SshAgent | undefined;
  #client: Promise<Dockerode> | undefined;
  #answers: Promise<void> | undefined;

  constructor({ host, sshOpts = [] }: EngineAddress) {
    this.#host = host ?? process.env.DOCKER_HOST ?? defaultHost;
    this.#sshOpts = sshOpts;
  }

  /** The client, once the engine has answered. */
  async client(): Promise<Dockerode> {
    this.#client ??= this.#connect();
    const client = await this.#client;
    this.#answers ??= ping(client, this.#host);
    await this.#answers;
    return client;
  }

  /** In a preview: like the official provider, an engine behind ssh is not dialled for what is not there yet. */
  async requireNearby(): Promise<void> {
    if (!this.#host.startsWith("ssh://")) await this.client();
  }

  close(): void {
    this.#agent?.destroy();
  }

  async #connect(): Promise<Dockerode> {
    // Loaded here, because most programs have no resource of this provider.
    const { default: Docker } = await import("dockerode");
    const { protocol, username, hostname, port, pathname } = parseHost(this.#host);
    switch (protocol) {
      case "unix:":
        return new Docker({ socketPath: pathname });
      case "tcp:":
        return new Docker({ protocol: "http", host: bare(hostname), port });
      case "ssh:":
        this.#agent = new SshAgent([
          ...this.#sshOpts,
          ...(username === "" ? [] : ["-l", username]),
          ...(port === "" ? [] : ["-p", port]),
          "--",
          bare(hostname),
        ]);
        // The types leave the agent out.
        return new Docker({
          protocol: "http",
          host: "docker",
          port: 80,
          agent: this.#agent,
        } as Dockerode.DockerOptions);
      default:
        throw new OperationError(`host: must be unix://, tcp:// or ssh://, but is ${JSON.stringify(this.#host)}`);
    }
  }
}

function parseHost(host: string): URL {
  try {
    return new URL(host);
  } catch {
    throw new OperationError(
      `host: must be unix:///PATH, tcp://HOST:PORT or ssh://USER@HOST, but is ${JSON.stringify(host)}`,
    );
  }
}

/** A URL has IPv6 addresses in brackets. */
function bare(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

async function ping(client: Dockerode, host: string): Promise<void> {
  try {
    await client.ping();
  } catch (error) {
    throw new OperationError(`failed to connect to any docker daemon: ${host}: ${reasonOf(error)}`);
  }
}

/** The engine's own words: a client's error has them in a JSON body. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("json" in error && typeof error.json === "object" && error.json !== null && "message" in error.json) {
    return String(error.json.message).trim();
  }
  return error.message.trim();
}

/** What `request` answers; nothing where the engine has no such thing. */
export async function unlessMissing<Answer>(request: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof Error && "statusCode" in error && error.statusCode === 404) return undefined;
    throw error;
  }
}

/** HTTP through `docker system dial-stdio` on the other side of ssh(1), as Docker's own programs do it. */
class SshAgent extends Agent {
  readonly #args: readonly string[];

  constructor(args: readonly string[]) {
    // sshd_config(5) MaxStartups: of log-ins at once it may refuse the eleventh.
    super({ keepAlive: true, maxSockets: 4 });
    this.#args = args;
  }

  override createConnection(): Duplex {
    return bothWays(spawn("ssh", [...this.#args, "docker", "system", "dial-stdio"], { stdio: "pipe" }));
  }

  /** There is no socket whose options could be set; `ref` of bothWays() is for the same reason. */
  override keepSocketAlive(): boolean {
    return true;
  }
}

/** Standard input and output of a program as one stream, which ends by an error: what the program complains of. */
function bothWays(program: ChildProcessWithoutNullStreams): Duplex {
  let complaint = "";
  const stream = new Duplex({
    read: () => program.stdout.resume(),
    // Of a failure the program itself says why.
    write: (data, encoding, done) => program.stdin.write(data, encoding, () => done()),
    final: (done) => program.stdin.end(() => done()),
    destroy(error, done) {
      program.kill();
      done(error);
    },
  });
  program.stdin.on("error", () => {});
  program.stdout.on("data", (data) => {
    if (!stream.push(data)) program.stdout.pause();
  });
  program.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint += text;
  });
  program.once("error", (error) => stream.destroy(error));
  program.once("close", () => stream.destroy(new Error(complaint.trim() === "" ? "ssh has ended" : complaint.trim())));
  return Object.assign(stream, { ref() {} });
}

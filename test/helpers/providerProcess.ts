import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import grpc from "@grpc/grpc-js";
import providerGrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { afterEach } from "vitest";

type Client = InstanceType<typeof providerGrpc.ResourceProviderClient>;
type Reply<Response> = (error: grpc.ServiceError | null, response: Response) => void;

/** A provider's process as the engine starts it, and a client of the engine's own stubs. */
export class ProviderProcess {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly client: Client;
  /** What the provider wrote to standard error. */
  stderr = "";

  private constructor(process: ChildProcessWithoutNullStreams, client: Client) {
    this.#process = process;
    this.client = client;
    process.stderr.on("data", (text) => {
      this.stderr += text;
    });
  }

  static async start(main: string, environment: NodeJS.ProcessEnv = {}): Promise<ProviderProcess> {
    const child = spawn(process.execPath, [main], { env: { ...process.env, ...environment } });
    const [port] = await once(child.stdout, "data");
    const address = `127.0.0.1:${String(port).trim()}`;
    return new ProviderProcess(
      child,
      new providerGrpc.ResourceProviderClient(address, grpc.credentials.createInsecure()),
    );
  }

  /** Calls a method: `call((client, reply) => client.getSchema(request, reply))`. */
  call<Response>(method: (client: Client, reply: Reply<Response>) => unknown): Promise<Response> {
    return new Promise((resolve, reject) => {
      method(this.client, (error, response) => (error === null ? resolve(response) : reject(error)));
    });
  }

  /** Ends it as the engine does after a deployment, and answers the exit code. */
  interrupt(): Promise<number | null> {
    return this.#ended(() => this.#process.kill("SIGINT"));
  }

  /** Ends it as an engine does that is killed. */
  abandon(): Promise<number | null> {
    return this.#ended(() => this.#process.stdin.end());
  }

  async #ended(end: () => void): Promise<number | null> {
    const ended = once(this.#process, "exit");
    end();
    const [code] = await ended;
    this.client.close();
    return code;
  }

  kill(): void {
    this.client.close();
    this.#process.kill("SIGKILL");
  }
}

/** Starts providers that end with their test. */
export function useProviderProcess(): (main: string) => Promise<ProviderProcess> {
  const running: ProviderProcess[] = [];
  afterEach(() => {
    for (const provider of running.splice(0)) provider.kill();
  });
  return async (main) => {
    const provider = await ProviderProcess.start(main);
    running.push(provider);
    return provider;
  };
}

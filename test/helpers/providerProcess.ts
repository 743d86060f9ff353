import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import grpc from "@grpc/grpc-js";
import providerGrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { afterEach } from "vitest";

type Client = InstanceType<typeof providerGrpc.ResourceProviderClient>;
type Reply<Response> = (error: grpc.ServiceError | null, response: Response) => void;

export interface ProviderProcessOptions {
  /** Variables beyond those of this process. */
  environment?: NodeJS.ProcessEnv;
  /** Where it runs. */
  folder?: string;
}

/** A provider's process as the engine starts it, and a client of the engine's own stubs. */
export class ProviderProcess {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly client: Client;
  readonly port: number;
  /** What the provider wrote to standard error. */
  stderr = "";

  private constructor(process: ChildProcessWithoutNullStreams, port: number) {
    this.#process = process;
    this.port = port;
    this.client = new providerGrpc.ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    process.stderr.on("data", (text) => {
      this.stderr += text;
    });
  }

  static async start(main: string, { environment, folder }: ProviderProcessOptions = {}): Promise<ProviderProcess> {
    const child = spawn(process.execPath, [main, "127.0.0.1:9"], {
      env: { ...process.env, ...environment },
      cwd: folder,
    });
    const [port] = await once(child.stdout, "data");
    return new ProviderProcess(child, Number(port));
  }

  /** Calls a method: `call((client, reply) => client.getSchema(request, reply))`. */
  call<Response>(method: (client: Client, reply: Reply<Response>) => unknown): Promise<Response> {
    return new Promise((resolve, reject) => {
      method(this.client, (error, response) => (error === null ? resolve(response) : reject(error)));
    });
  }

  /** Ends it as the engine does after a deployment, and answers the exit code. */
  interrupt(): Promise<number | null> {
    this.#process.kill("SIGINT");
    return this.ended();
  }

  /** What the process notices when the engine is gone. */
  closeInput(): void {
    this.#process.stdin.end();
  }

  /** The exit code. */
  async ended(): Promise<number | null> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) await once(this.#process, "exit");
    this.client.close();
    return this.#process.exitCode;
  }

  kill(): void {
    this.client.close();
    this.#process.kill("SIGKILL");
  }
}

/** Starts providers that end with their test. */
export function useProviderProcess(): typeof ProviderProcess.start {
  const running: ProviderProcess[] = [];
  afterEach(() => {
    for (const provider of running.splice(0)) provider.kill();
  });
  return async (main, options) => {
    const provider = await ProviderProcess.start(main, options);
    running.push(provider);
    return provider;
  };
}

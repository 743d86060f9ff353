import { connect } from "node:net";
import type { Provider, ProviderStart } from "./provider.ts";
import type { Served } from "./server.ts";

/** This file: a provider of another checkout is another program, even by the same name. */
export const source = import.meta.filename;

/** What the process that the engine has started asks of one that serves already. */
export interface ProviderRequest extends ProviderStart {
  /** Package name of the provider. */
  readonly name: string;
  readonly source: string;
  /** What relative paths are relative to. */
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * The process that the engine starts for a provider: it prints the port at which the provider is served.
 *
 * Where `MAILHOST_PROVIDERS` is the socket of a process that serves providers already (`tools/engine/providerServer.ts`), that one
 * is asked to; else the provider is served here.
 */
export async function runProvider<Context>(name: string, load: () => Promise<Provider<Context>>): Promise<void> {
  const { MAILHOST_PROVIDERS: socket, PULUMI_CONFIG: stackConfiguration } = process.env;
  // No process that is started from here inherits secrets.
  delete process.env.PULUMI_CONFIG;
  const engineAddress = process.argv.slice(2).find((argument) => !argument.startsWith("-"));
  const start = { engineAddress, stackConfiguration };
  const request = { ...start, name, source, folder: process.cwd(), environment: process.env };
  const elsewhere = socket === undefined ? undefined : await askServer(socket, request);
  const { port, close } = elsewhere ?? (await serveHere(load, start));
  const end = () => {
    close();
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, end);
  // An engine that is killed sends no signal, but it holds the other end.
  process.stdin.once("end", end).resume();
  process.stdout.write(`${port}\n`);
}

async function serveHere<Context>(load: () => Promise<Provider<Context>>, start: ProviderStart): Promise<Served> {
  const { serveProvider } = await import("./server.ts");
  return serveProvider(load, start);
}

/** Undefined where nothing serves. The connection lasts as long as both ends do. */
function askServer(path: string, request: ProviderRequest): Promise<Served | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path, () => socket.write(`${JSON.stringify(request)}\n`));
    // "close" follows.
    socket.on("error", () => {});
    socket.once("close", () => resolve(undefined));
    socket.once("data", (port) => {
      // The other end is gone, and the provider with it.
      socket.once("close", () => process.exit(1));
      resolve({ port: Number(port), close: () => socket.destroy() });
    });
  });
}

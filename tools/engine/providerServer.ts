import { createServer, type Socket } from "node:net";
import { type ProviderRequest, source } from "../../provider/protocol/process.ts";
import type { Provider, ProviderStart } from "../../provider/protocol/provider.ts";

/*
 * `node providerServer.ts SOCKET NAME...` serves the providers of this repository in one process, those of the names loaded
 * before they are asked for.
 */

/** A provider, and how it is served once more. */
function servable<Context>(load: () => Promise<Provider<Context>>) {
  return {
    load,
    serve: async (start: ProviderStart) =>
      (await import("../../provider/protocol/server.ts")).serveProvider(load, start),
  };
}

const providers: Readonly<Record<string, ReturnType<typeof servable>>> = {
  mailhost: servable(async () => (await import("../../provider/hostProvider.ts")).hostProvider),
  command: servable(async () => (await import("../offline/command/commandStandIn.ts")).commandStandIn),
  docker: servable(async () => (await import("../offline/docker/dockerStandIn.ts")).dockerStandIn),
  tls: servable(async () => (await import("../offline/tls/tlsStandIn.ts")).tlsStandIn),
};

const [path, ...names] = process.argv.slice(2);
/** Ends what is served at the moment. */
const served = new Set<() => void>();
process.once("exit", () => {
  for (const close of served) close();
});

const server = createServer((asker) => {
  let text = "";
  asker.setEncoding("utf8").on("data", (part) => {
    text += part;
    if (text.endsWith("\n")) serve(asker, text).catch((error) => asker.destroy(error));
  });
  // "close" follows.
  asker.on("error", () => {});
});
server.listen(path);
process.once("SIGTERM", () => process.exit());
// The launcher was killed: what has asked goes on until its engine ends.
process.stdin.resume().once("end", () => server.close(() => process.exit()));

await import("../../provider/protocol/server.ts");
for (const name of names) await providers[name]?.load();
// Of the mail host's, at its first connection.
await import("ssh2");

async function serve(asker: Socket, text: string): Promise<void> {
  const { name, source: theirs, folder, environment, ...start }: ProviderRequest = JSON.parse(text);
  const provider = theirs === source ? providers[name] : undefined;
  if (provider === undefined) throw new Error(`there is no provider ${name} of ${theirs}`);
  // They are the same for all that an engine starts.
  process.chdir(folder);
  Object.assign(process.env, environment);
  const { port, close } = await provider.serve(start);
  if (asker.destroyed) return close();
  served.add(close);
  asker.once("close", () => {
    served.delete(close);
    close();
  });
  asker.write(`${port}\n`);
}

import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import { afterEach, expect, test } from "vitest";
import { source } from "../../../../provider/protocol/process.ts";
import { type ProviderProcess, useProviderProcess } from "../../../helpers/providerProcess.ts";
import { useTemporaryFolder } from "../../../helpers/temporaryFolder.ts";

const start = useProviderProcess();
const folder = useTemporaryFolder();
const main = join(import.meta.dirname, "../../../fixtures/provider/main.ts");

const PULUMI_CONFIG = '{"a":"b"}';

let server: Server | undefined;

afterEach(() => {
  server?.close();
  server = undefined;
});

/** A provider's process beside one that serves providers already, and answers in the way that is given. */
async function startBeside(answer: (asker: Socket, request: unknown) => void): Promise<ProviderProcess> {
  const path = join(folder(), "socket");
  server = createServer((asker) => asker.once("data", (text) => answer(asker, JSON.parse(String(text)))));
  await once(server.listen(path), "listening");
  const environment = { MAILHOST_PROVIDERS: path, PULUMI_CONFIG };
  return start(main, { environment, folder: folder() });
}

async function versionOf(provider: ProviderProcess): Promise<string> {
  const info = await provider.call<{ getVersion(): string }>((client, reply) =>
    client.getPluginInfo(new emptyPb.Empty(), reply),
  );
  return info.getVersion();
}

test("a provider is served by the process that serves already: it is told all that the engine tells", async () => {
  const requests: unknown[] = [];
  const provider = await startBeside((asker, request) => {
    requests.push(request);
    asker.write("4711\n");
  });
  expect(provider.port).toBe(4711);
  expect(requests).toEqual([
    {
      name: "test",
      source,
      engineAddress: "127.0.0.1:9",
      stackConfiguration: PULUMI_CONFIG,
      folder: folder(),
      environment: expect.objectContaining({ PATH: process.env.PATH }),
    },
  ]);
  expect(requests).not.toEqual([expect.objectContaining({ environment: expect.objectContaining({ PULUMI_CONFIG }) })]);
});

test("its process lasts as long: it ends with an error where the other one has ended", async () => {
  const askers: Socket[] = [];
  const provider = await startBeside((asker) => {
    askers.push(asker);
    asker.write("4711\n");
  });
  for (const asker of askers) asker.destroy();
  expect(await provider.ended()).toBe(1);
});

test.each(["interrupt", "closeInput"] as const)(
  "its process lets go where the engine ends it or is gone: %s",
  async (end) => {
    const closed: Promise<unknown>[] = [];
    const provider = await startBeside((asker) => {
      closed.push(once(asker, "close"));
      asker.write("4711\n");
    });
    void provider[end]();
    expect(await provider.ended()).toBe(0);
    await Promise.all(closed);
  },
);

test("a provider serves itself where the other process has none of its name, or is gone", async () => {
  const refused = await startBeside((asker) => asker.destroy());
  expect(await versionOf(refused)).toBe("1.2.3");
  const alone = await start(main, { environment: { MAILHOST_PROVIDERS: join(folder(), "nothing") } });
  expect(await versionOf(alone)).toBe("1.2.3");
});

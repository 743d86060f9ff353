import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import pb from "@pulumi/pulumi/proto/provider_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import ssh2 from "ssh2";
import { expect, test, vi } from "vitest";
import { send } from "../../../provider/protocol/values.ts";
import { withProviders } from "../../../tools/engine/withProviders.ts";
import { checkoutFolder } from "../../../tools/launch/paths.mjs";
import { type ProviderProcess, useProviderProcess } from "../../helpers/providerProcess.ts";
import { useTemporaryFolder } from "../../helpers/temporaryFolder.ts";

const start = useProviderProcess();
const folder = useTemporaryFolder();
const main = join(checkoutFolder, "provider", "main.ts");
const patience = { timeout: 50_000 };

async function configure(provider: ProviderProcess, args: Record<string, unknown>): Promise<void> {
  const request = new pb.ConfigureRequest().setArgs(send({ release: "debian13", ...args }));
  await provider.call((client, reply) => client.configure(request, reply));
}

function read(provider: ProviderProcess): Promise<unknown> {
  const urn = "urn:pulumi:dev::project::mailhost:host:Account::account";
  return provider.call((client, reply) => client.read(new pb.ReadRequest().setUrn(urn).setId("vmail"), reply));
}

function answers(provider: ProviderProcess): Promise<unknown> {
  return provider.call((client, reply) => client.getPluginInfo(new emptyPb.Empty(), reply));
}

function engine() {
  const environment = { PATH: "", PULUMI_HOME: "", NODE_COMPILE_CACHE: folder(), ...process.env };
  return { environment, standIns: [] };
}

/** Waits until providers are served: a process that is earlier serves its own. */
async function untilServed(socket: string): Promise<void> {
  await vi.waitFor(() => expect(existsSync(socket)).toBe(true), patience);
}

/** Whether somebody listens at a port. */
async function isServed(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const connected = await once(socket, "connect").then(
    () => true,
    () => false,
  );
  socket.destroy();
  return connected;
}

/** Does `work` where providers are served; `serve` starts the mail host's as the engine does. */
function whileServing<Result>(work: (serve: Serve) => Promise<Result>): Promise<Result> {
  return withProviders(engine(), async ({ MAILHOST_PROVIDERS = "" }) => {
    await untilServed(MAILHOST_PROVIDERS);
    return work((variables = {}) =>
      start(main, { environment: { MAILHOST_PROVIDERS, ...variables }, folder: folder() }),
    );
  });
}

type Serve = (variables?: NodeJS.ProcessEnv) => Promise<ProviderProcess>;

test("hosts of one program are told apart, by their arguments and by what the engine tells of the stack", async () => {
  writeFileSync(join(folder(), "key"), ssh2.utils.generateKeyPairSync("ed25519").private);
  const target = (port: number) => ({ address: "127.0.0.1", port, hostKey: "ssh-ed25519 AAAA", privateKeyFile: "key" });
  await whileServing(async (serve) => {
    const PULUMI_CONFIG = JSON.stringify({ target: JSON.stringify(target(2)) });
    const [one, other] = [await serve(), await serve({ PULUMI_CONFIG })];
    await configure(one, target(1));
    await configure(other, { ...target(3), configKey: "target" });
    await expect(read(one)).rejects.toThrow("127.0.0.1 port 1 cannot be reached");
    await expect(read(other)).rejects.toThrow("127.0.0.1 port 2 cannot be reached");
  });
});

test("a provider has the environment that the engine has given it", async () => {
  await whileServing(async (serve) => {
    const provider = await serve({ MAILHOST_TARGET: "no JSON" });
    await configure(provider, { address: "127.0.0.1", hostKey: "ssh-ed25519 AAAA", configKey: "target" });
    await expect(read(provider)).rejects.toThrow("MAILHOST_TARGET is not JSON");
  });
});

test("a provider ends with the process that the engine has started, and without the others", async () => {
  await whileServing(async (serve) => {
    const [one, other] = [await serve(), await serve()];
    expect([await isServed(one.port), await isServed(other.port)]).toEqual([true, true]);
    one.kill();
    await vi.waitFor(async () => expect(await isServed(one.port)).toBe(false), patience);
    await answers(other);
  });
});

test("nothing is left at the end of the engine, nor where it ends at once", async () => {
  const provider = await whileServing((serve) => serve());
  expect(await isServed(provider.port)).toBe(false);
  expect(await provider.ended()).toBe(1);
  const socket = await withProviders(engine(), async ({ MAILHOST_PROVIDERS = "" }) => MAILHOST_PROVIDERS);
  expect(existsSync(dirname(socket))).toBe(false);
});

test("where the launcher is killed, providers serve until the engine ends, and no longer", async () => {
  const launcher = spawn(process.execPath, [join(checkoutFolder, "test/fixtures/providerServer/launcher.ts")], {
    env: { ...process.env, TMPDIR: folder() },
  });
  const [text] = await once(launcher.stdout, "data");
  const socket = String(text);
  await untilServed(socket);
  const provider = await start(main, { environment: { MAILHOST_PROVIDERS: socket } });
  launcher.kill("SIGKILL");
  await vi.waitFor(() => expect(existsSync(socket)).toBe(false), patience);
  await answers(provider);
  provider.closeInput();
  expect(await provider.ended()).toBe(0);
  await vi.waitFor(async () => expect(await isServed(provider.port)).toBe(false), patience);
});

import { setTimeout as delay } from "node:timers/promises";
import type Dockerode from "dockerode";
import { z } from "zod";
import { OperationError } from "../../../provider/protocol/resource.ts";
import { type ContainerInputs, containerInputs } from "./containerInputs.ts";
import { containerOptions } from "./containerOptions.ts";
import { unlessMissing } from "./engine.ts";
import { type EngineThing, engineResource } from "./engineResource.ts";

const outputs = z.object({
  id: z.string().describe("What the engine knows it by."),
  networkDatas: z
    .array(
      z.object({ networkName: z.string(), ipAddress: z.string(), gateway: z.string(), globalIpv6Address: z.string() }),
    )
    .describe("Its addresses."),
});

type Outputs = z.infer<typeof outputs>;

/** Lines of output that a container which does not start is quoted with. */
const shownLines = 10;

/** The engine tells nobody when the state of health changes but those who listen to all its events. */
const healthIntervalMs = 250;

const definition: EngineThing<ContainerInputs, Outputs> = {
  token: "docker:index/container:Container",
  description: "A container that runs.",
  inputs: containerInputs,
  outputs,
  deleteBeforeReplace: true,
  updatable: ["restart", "destroyGraceSeconds", "start", "wait", "waitTimeout"],
  async create(client, given) {
    const container = await client.createContainer(containerOptions(given));
    try {
      await joinNetworks(client, container, given);
      if (given.start) await start(container, given);
    } catch (error) {
      // Nothing in the state would be known of it, and its name would be taken.
      await container.remove({ force: true, v: true });
      throw error;
    }
    return outputsOf(await container.inspect());
  },
  async find(client, { id, mustRun }) {
    const found = await unlessMissing(client.getContainer(id).inspect());
    // The official provider tells so of a container that has stopped.
    return found && { ...outputsOf(found), mustRun: mustRun && found.State.Running };
  },
  update: async (client, { id, restart }) => {
    await client.getContainer(id).update({ RestartPolicy: { Name: restart } });
  },
  async remove(client, { id, destroyGraceSeconds }) {
    const container = client.getContainer(id);
    if (destroyGraceSeconds > 0 && (await container.inspect()).State.Running) {
      await container.stop({ t: destroyGraceSeconds });
    }
    await container.remove({ force: true, v: true });
  },
};

export const container = engineResource(definition);

/** The engine takes only one network when it makes a container. */
async function joinNetworks(
  client: Dockerode,
  { id }: Dockerode.Container,
  { networkMode, networksAdvanced }: ContainerInputs,
): Promise<void> {
  if (networksAdvanced.length === 0) return;
  if (networkMode === "bridge") await client.getNetwork("bridge").disconnect({ Container: id });
  for (const { name, aliases } of networksAdvanced) {
    await client.getNetwork(name).connect({ Container: id, EndpointConfig: { Aliases: aliases } });
  }
}

async function start(container: Dockerode.Container, { mustRun, wait, waitTimeout }: ContainerInputs): Promise<void> {
  await container.start();
  if (mustRun) await requireRunning(container);
  if (wait) await untilHealthy(container, waitTimeout);
}

async function requireRunning(container: Dockerode.Container): Promise<void> {
  const { State } = await container.inspect();
  if (State.Running) return;
  const log = await container.logs({ stdout: true, stderr: true, tail: shownLines });
  throw new OperationError(`it has ended at once (exit status ${State.ExitCode}):\n${plainLog(log)}`);
}

async function untilHealthy(container: Dockerode.Container, seconds: number): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const { State } = await container.inspect();
    if (State.Health === undefined) throw new OperationError("it has no healthcheck to wait for");
    if (State.Health.Status === "healthy") return;
    const said = `its last check said: ${State.Health.Log.at(-1)?.Output.trim() || "nothing"}`;
    if (!State.Running) throw new OperationError(`it has ended (exit status ${State.ExitCode}); ${said}`);
    if (Date.now() > deadline) throw new OperationError(`it is not healthy after ${seconds} s; ${said}`);
    await delay(healthIntervalMs);
  }
}

/** The engine puts eight bytes before each piece of output: whence it comes, and how long it is. */
function plainLog(log: Buffer): string {
  const pieces: string[] = [];
  for (let at = 0; at + 8 <= log.length; at += 8 + log.readUInt32BE(at + 4)) {
    pieces.push(log.toString("utf8", at + 8, at + 8 + log.readUInt32BE(at + 4)));
  }
  return pieces.join("").trim();
}

function outputsOf({ Id, NetworkSettings }: Dockerode.ContainerInspectInfo): Outputs {
  const networkDatas = Object.entries(NetworkSettings.Networks).map(([networkName, network]) => ({
    networkName,
    ipAddress: network.IPAddress,
    gateway: network.Gateway,
    globalIpv6Address: network.GlobalIPv6Address,
  }));
  return { id: Id, networkDatas };
}

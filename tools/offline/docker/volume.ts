import { z } from "zod";
import { unlessMissing } from "./engine.ts";
import { type EngineThing, engineResource } from "./engineResource.ts";
import { labelMap, labels } from "./labels.ts";

const inputs = z.strictObject({
  name: z.string().describe("Name of the volume."),
  driver: z.string().default("local").describe("What keeps the data."),
  driverOpts: z.record(z.string(), z.string()).default({}).describe("Options of the driver."),
  labels,
});

const outputs = z.object({
  id: z.string().describe("The name."),
  mountpoint: z.string().describe("Where the data is on the engine's machine."),
});

const definition: EngineThing<z.infer<typeof inputs>, z.infer<typeof outputs>> = {
  token: "docker:index/volume:Volume",
  description: "Data that outlives the containers that use it.",
  inputs,
  outputs,
  deleteBeforeReplace: true,
  async create(client, { name, driver, driverOpts, labels: list }) {
    await client.createVolume({
      Name: name,
      Driver: driver,
      DriverOpts: driverOpts,
      Labels: labelMap(list),
    });
    const { Mountpoint } = await client.getVolume(name).inspect();
    return { id: name, mountpoint: Mountpoint };
  },
  async find(client, { name }) {
    const found = await unlessMissing(client.getVolume(name).inspect());
    return found && { id: name, mountpoint: found.Mountpoint };
  },
  remove: (client, { name }) => client.getVolume(name).remove(),
};

export const volume = engineResource(definition);

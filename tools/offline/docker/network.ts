import { z } from "zod";
import { unlessMissing } from "./engine.ts";
import { type EngineThing, engineResource } from "./engineResource.ts";
import { labelMap, labels } from "./labels.ts";

const inputs = z.strictObject({
  name: z.string().describe("Name of the network."),
  driver: z.string().default("bridge").describe("What connects its containers."),
  internal: z.boolean().default(false).describe("Whether there is no way out of it."),
  ipv6: z.boolean().default(false).describe("Whether its containers have IPv6 addresses too."),
  ipamConfigs: z
    .array(z.strictObject({ subnet: z.string(), gateway: z.string().optional(), ipRange: z.string().optional() }))
    .default([])
    .describe("Its subnets."),
  options: z.record(z.string(), z.string()).default({}).describe("Options of the driver."),
  labels,
});

const outputs = z.object({
  id: z.string().describe("What the engine knows it by."),
  scope: z.string().describe("Whether it is of this machine alone."),
});

const definition: EngineThing<z.infer<typeof inputs>, z.infer<typeof outputs>> = {
  token: "docker:index/network:Network",
  description: "A network of containers.",
  inputs,
  outputs,
  deleteBeforeReplace: true,
  async create(client, { name, driver, internal, ipv6, ipamConfigs, options, labels: list }) {
    const network = await client.createNetwork({
      Name: name,
      Driver: driver,
      Internal: internal,
      EnableIPv6: ipv6,
      Options: options,
      Labels: labelMap(list),
      ...(ipamConfigs.length > 0 && {
        IPAM: {
          Driver: "default",
          Config: ipamConfigs.map(({ subnet, gateway, ipRange }) => ({
            Subnet: subnet,
            ...(gateway !== undefined && { Gateway: gateway }),
            ...(ipRange !== undefined && { IPRange: ipRange }),
          })),
        },
      }),
    });
    const { Id, Scope } = await network.inspect();
    return { id: Id, scope: Scope };
  },
  async find(client, { id }) {
    const found = await unlessMissing(client.getNetwork(id).inspect());
    return found && { id: found.Id, scope: found.Scope };
  },
  remove: (client, { id }) => client.getNetwork(id).remove(),
};

export const network = engineResource(definition);

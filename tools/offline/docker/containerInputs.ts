import { z } from "zod";
import { labels } from "./labels.ts";

const strings = z.array(z.string()).default([]);
const texts = z.record(z.string(), z.string()).default({});

/** What the stand-in knows of the official container. */
export const containerInputs = z.strictObject({
  name: z.string().describe("Name of the container."),
  image: z.string().describe("Image that it is made of: its id, or its name."),
  command: strings.describe("Program and arguments; empty for those of the image."),
  entrypoints: strings.describe("What comes before the command; empty for that of the image."),
  envs: strings.describe("Variables, as NAME=VALUE."),
  hostname: z.string().default("").describe("Its host name; empty for one that the engine makes up."),
  user: z.string().default("").describe("User of its first process; empty for that of the image."),
  capabilities: z.strictObject({ adds: strings, drops: strings }).optional().describe("Linux capabilities."),
  securityOpts: strings.describe("Such as no-new-privileges."),
  readOnly: z.boolean().default(false).describe("Whether its root file system is read-only."),
  init: z.boolean().default(false).describe("Whether a small init(1) of the engine is its first process."),
  mounts: z
    .array(
      z.strictObject({
        type: z.enum(["bind", "volume", "tmpfs"]),
        source: z.string().default(""),
        target: z.string(),
        readOnly: z.boolean().default(false),
      }),
    )
    .default([])
    .describe("What of the machine, and which volumes, it has in its file system."),
  tmpfs: texts.describe("Folders in memory, with the options of their mount."),
  networkMode: z.string().describe("bridge, host, none, or the name of a network."),
  networksAdvanced: z
    .array(z.strictObject({ name: z.string(), aliases: strings }))
    .default([])
    .describe("Networks that it is in instead of the default one."),
  ports: z
    .array(
      z.strictObject({
        internal: z.number().int(),
        external: z.number().int(),
        ip: z.string().default("0.0.0.0"),
        protocol: z.enum(["tcp", "udp"]).default("tcp"),
      }),
    )
    .default([])
    .describe("Ports of the machine that lead to it."),
  restart: z
    .enum(["no", "on-failure", "always", "unless-stopped"])
    .default("no")
    .describe("When the engine starts it again."),
  healthcheck: z
    .strictObject({
      tests: z.array(z.string()).min(1),
      interval: duration(),
      timeout: duration(),
      startPeriod: duration(),
      retries: z.number().int().default(0),
    })
    .optional()
    .describe("How the engine finds out whether it works."),
  wait: z.boolean().default(false).describe("Whether it counts as made only when it is healthy."),
  waitTimeout: z.number().default(60).describe("Seconds to wait for that."),
  stopSignal: z
    .string()
    .default("")
    .describe("What its first process is asked to end by; empty for that of the image."),
  stopTimeout: z.number().int().optional().describe("Seconds that it gets to end."),
  destroyGraceSeconds: z.number().int().default(0).describe("The same before it is removed; 0 ends it at once."),
  logDriver: z.string().default("").describe("What keeps its output; empty for the engine's default."),
  logOpts: texts.describe("Options of that."),
  labels,
  start: z.boolean().default(true).describe("Whether it is started when it is made."),
  mustRun: z.boolean().default(true).describe("Whether one that has stopped is made anew."),
});

export type ContainerInputs = z.infer<typeof containerInputs>;

function duration() {
  return z
    .string()
    .regex(/^(\d+(\.\d+)?(ms|s|m|h))+$/, { error: "must be a duration such as 1m30s" })
    .default("0s");
}

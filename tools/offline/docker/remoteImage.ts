import { readdirSync } from "node:fs";
import type Dockerode from "dockerode";
import { z } from "zod";
import { OperationError } from "../../../provider/protocol/resource.ts";
import { only } from "../onlyValue.ts";
import { unlessMissing } from "./engine.ts";
import { type EngineThing, engineResource } from "./engineResource.ts";

const build = z.strictObject({
  context: z.string().describe("Folder that the engine gets to build from."),
  dockerfile: z.string().default("Dockerfile").describe("File of instructions, relative to the folder."),
  buildArgs: z.record(z.string(), z.string()).default({}).describe("Values of the file's ARG instructions."),
  labels: z.record(z.string(), z.string()).default({}).describe("Labels of the image."),
  noCache: z.boolean().default(false).describe("Whether each instruction runs, also where its result is there."),
  useLegacyBuilder: only(true, "the stand-in for the docker provider has no BuildKit"),
});

const inputs = z.strictObject({
  name: z.string().describe("Name of the image, with its tag."),
  build: build.optional().describe("What it is made from, instead of being pulled."),
  triggers: z.record(z.string(), z.string()).default({}).describe("Texts that make another image when they change."),
  keepLocally: z.boolean().default(false).describe("Whether the image stays on the engine when the resource goes."),
  forceRemove: z.boolean().default(false).describe("Whether it goes although a stopped container is made of it."),
});

const outputs = z.object({
  id: z.string().describe("The image's id and name."),
  imageId: z.string().describe("What the engine knows it by."),
  repoDigest: z.string().describe("What a registry knows it by; empty for an image that was built."),
});

type Inputs = z.infer<typeof inputs>;
type Outputs = z.infer<typeof outputs>;

/** Lines that an image which cannot be built has said last. */
const shownLines = 20;

const definition: EngineThing<Inputs, Outputs> = {
  token: "docker:index/remoteImage:RemoteImage",
  description: "An image on the engine, built there or pulled.",
  inputs,
  outputs,
  updatable: ["keepLocally", "forceRemove"],
  async create(client, given) {
    if (given.build !== undefined) await buildImage(client, given.name, given.build);
    else if ((await find(client, given)) === undefined) await follow(client, await client.pull(given.name));
    const made = await find(client, given);
    if (made === undefined) throw new OperationError(`the engine has no image ${given.name} after all`);
    return made;
  },
  find,
  async remove(client, { name, keepLocally, forceRemove }) {
    if (!keepLocally) await client.getImage(name).remove({ force: forceRemove });
  },
};

export const remoteImage = engineResource(definition);

async function find(client: Dockerode, { name }: { name: string }): Promise<Outputs | undefined> {
  const found = await unlessMissing(client.getImage(name).inspect());
  return found && { id: `${found.Id}${name}`, imageId: found.Id, repoDigest: found.RepoDigests[0] ?? "" };
}

async function buildImage(client: Dockerode, name: string, given: z.infer<typeof build>): Promise<void> {
  const { context, dockerfile, buildArgs, labels, noCache } = given;
  const stream = await client.buildImage(
    { context, src: readdirSync(context) },
    { t: name, dockerfile, buildargs: buildArgs, labels, nocache: noCache, forcerm: true },
  );
  await follow(client, stream);
}

/** What an engine tells while it builds or pulls. */
interface Progress {
  stream?: string;
  error?: string;
}

/** Until the engine has done what it tells about. */
function follow(client: Dockerode, stream: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve, reject) => {
    client.modem.followProgress(stream, (failure, events: Progress[]) => {
      const error = failure?.message ?? events.findLast((event) => event.error !== undefined)?.error;
      if (error === undefined) return resolve();
      const said = events.map((event) => event.stream ?? "").join("");
      reject(new OperationError(`${error}\n${said.trimEnd().split("\n").slice(-shownLines).join("\n")}`));
    });
  });
}

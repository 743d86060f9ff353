import { join } from "node:path";
import pb from "@pulumi/pulumi/proto/provider_pb.js";
import { expect, it } from "vitest";
import { type Properties, send } from "../../../../../provider/protocol/values.ts";
import { checkoutFolder } from "../../../../../tools/launch/paths.mjs";
import { useProviderProcess } from "../../../../helpers/providerProcess.ts";

const start = useProviderProcess();
const urn = (type: string) => `urn:pulumi:dev::project::docker:index/${type}::it`;
const container = "container:Container";
const image = "remoteImage:RemoteImage";

/** Its engine would be asked for by name, which nobody has. */
async function standIn() {
  const provider = await start(join(checkoutFolder, "tools/offline/docker/main.ts"));
  const request = new pb.ConfigureRequest().setArgs(send({ host: "ssh://nobody@nowhere.invalid", sshOpts: ["-4"] }));
  await provider.call((client, reply) => client.configure(request, reply));
  const checked = async (type: string, news: Properties) => {
    const request = new pb.CheckRequest().setUrn(urn(type)).setNews(send(news));
    return provider.call<pb.CheckResponse>((client, reply) => client.check(request, reply));
  };
  const inputs = async (type: string, news: Properties) => (await checked(type, news)).getInputs();
  return {
    failures: async (type: string, news: Properties) =>
      (await checked(type, news)).getFailuresList().map((failure) => failure.toObject()),
    async diff(type: string, olds: Properties, news: Properties) {
      const request = new pb.DiffRequest().setUrn(urn(type));
      request.setOlds(await inputs(type, olds)).setNews(await inputs(type, news));
      return provider.call<pb.DiffResponse>((client, reply) => client.diff(request, reply));
    },
    async preview(type: string, news: Properties) {
      const request = new pb.CreateRequest().setUrn(urn(type)).setPreview(true);
      request.setProperties(await inputs(type, news));
      return provider.call<pb.CreateResponse>((client, reply) => client.create(request, reply));
    },
  };
}

const greeter = { name: "greeter", image: "sha256:1", networkMode: "host" };

it("a container is replaced by almost any change, the old one first: both want the name", async () => {
  const { diff } = await standIn();
  const other = await diff(container, greeter, { ...greeter, image: "sha256:2", restart: "always" });
  expect(other.getReplacesList()).toEqual(["image"]);
  expect(other.getDiffsList().toSorted()).toEqual(["image", "restart"]);
  expect(other.getDeletebeforereplace()).toBe(true);
  expect((await diff(container, greeter, { ...greeter, restart: "always" })).getReplacesList()).toEqual([]);
  const none = await diff(container, { ...greeter, restart: "no" }, greeter);
  expect(none.getChanges()).toBe(pb.DiffResponse.DiffChanges.DIFF_NONE);
});

it("an image is replaced when a trigger changes, the new one first: a container runs by the old one", async () => {
  const { diff } = await standIn();
  const built = { name: "it:1", build: { context: "/", useLegacyBuilder: true }, triggers: { hash: "1" } };
  const other = await diff(image, built, { ...built, name: "it:2", triggers: { hash: "2" } });
  expect(other.getReplacesList().toSorted()).toEqual(["name", "triggers"]);
  expect(other.getDeletebeforereplace()).toBe(false);
});

it("a preview of what is behind ssh dials nobody, and knows no id", async () => {
  const { preview } = await standIn();
  expect((await preview(container, greeter)).getId()).toBe("");
});

it("an image needs the builder that there is, and a container its network", async () => {
  const { failures } = await standIn();
  expect(await failures(image, { name: "it:1", build: { context: "/" } })).toEqual([
    {
      property: "build.useLegacyBuilder",
      reason: "must be true: the stand-in for the docker provider has no BuildKit",
    },
  ]);
  const { networkMode: _, ...rest } = greeter;
  expect(await failures(container, { ...rest, uploads: [] })).toEqual([
    { property: "networkMode", reason: expect.any(String) },
    { property: "uploads", reason: expect.stringContaining("there is no such property") },
  ]);
});

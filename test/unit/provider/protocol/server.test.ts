import { join } from "node:path";
import grpc from "@grpc/grpc-js";
import pb from "@pulumi/pulumi/proto/provider_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import { describe, expect, test, vi } from "vitest";
import { type Properties, receive, send, UNKNOWN } from "../../../../provider/protocol/values.ts";
import { type ProviderProcess, useProviderProcess } from "../../../helpers/providerProcess.ts";

const start = useProviderProcess();
const main = join(import.meta.dirname, "../../../fixtures/provider/main.ts");
const urn = "urn:pulumi:dev::project::parent:index:Parent$test:index:Thing::thing";
const { UPDATE, ADD } = pb.PropertyDiff.Kind;

async function startConfigured(environment: NodeJS.ProcessEnv = {}): Promise<ProviderProcess> {
  const provider = await start(main, { environment });
  const request = new pb.ConfigureRequest().setArgs(send({ origin: "here", port: 2, version: "1.2.3" }));
  await provider.call((client, reply) => client.configure(request, reply));
  return provider;
}

function create(provider: ProviderProcess, properties: Properties, preview = false): Promise<pb.CreateResponse> {
  const request = new pb.CreateRequest().setUrn(urn).setProperties(send(properties)).setPreview(preview);
  return provider.call((client, reply) => client.create(request, reply));
}

function check(provider: ProviderProcess, news: Properties): Promise<pb.CheckResponse> {
  const request = new pb.CheckRequest().setUrn(urn).setNews(send(news));
  return provider.call((client, reply) => client.check(request, reply));
}

const thing = { name: "a", size: 1, notes: { "/x": "secret" } };

describe("the provider", () => {
  test("agrees on secrets and outputs, and says its version", async () => {
    const provider = await start(main);
    const handshake = await provider.call<pb.ProviderHandshakeResponse>((client, reply) =>
      client.handshake(new pb.ProviderHandshakeRequest(), reply),
    );
    expect(handshake.toObject()).toMatchObject({ acceptSecrets: true, acceptResources: true, acceptOutputs: true });
    const info = await provider.call<{ getVersion(): string }>((client, reply) =>
      client.getPluginInfo(new emptyPb.Empty(), reply),
    );
    expect(info.getVersion()).toBe("1.2.3");
  });

  test("checks its arguments: defaults, texts, secrets, mistakes", async () => {
    const provider = await start(main);
    const checkConfig = (news: Properties) =>
      provider.call<pb.CheckResponse>((client, reply) =>
        client.checkConfig(new pb.CheckRequest().setNews(send(news)), reply),
      );
    const good = await checkConfig({ origin: UNKNOWN, port: "22", token: "t", version: "1.2.3" });
    expect(good.getFailuresList()).toEqual([]);
    expect(receive(good.getInputs())).toEqual({
      properties: { origin: UNKNOWN, port: 22, token: "t", version: "1.2.3" },
      secrets: new Set(["token"]),
    });
    const bad = await checkConfig({ orgin: "x" });
    expect(bad.getFailuresList().map((failure) => failure.toObject())).toEqual([
      { property: "origin", reason: expect.any(String) },
      { property: "orgin", reason: "there is no such property; did you mean origin?" },
    ]);
  });

  test("never asks to be replaced", async () => {
    const provider = await start(main);
    const request = new pb.DiffRequest().setOlds(send({ origin: "a" })).setNews(send({ origin: "b" }));
    const diff = await provider.call<pb.DiffResponse>((client, reply) => client.diffConfig(request, reply));
    expect(diff.getReplacesList()).toEqual([]);
  });

  test("says so when it is asked to work before it was configured", async () => {
    await expect(create(await start(main), thing)).rejects.toThrow(/before it was configured/);
  });

  test("leaves no copy of the stack configuration in the environment of what it starts", async () => {
    const provider = await startConfigured({ PULUMI_CONFIG: "{}" });
    await expect(create(provider, { ...thing, name: "environment" })).rejects.toThrow("PULUMI_CONFIG: undefined");
  });

  test("closes its connections when the engine cancels", async () => {
    const provider = await startConfigured();
    await provider.call((client, reply) => client.cancel(new emptyPb.Empty(), reply));
    await vi.waitFor(() => expect(provider.stderr).toBe("closed\n"));
  });

  test.each(["interrupt", "closeInput"] as const)(
    "closes its connections and ends when the engine does: %s",
    async (end) => {
      const provider = await startConfigured();
      void provider[end]();
      expect(await provider.ended()).toBe(0);
      expect(provider.stderr).toBe("closed\n");
    },
  );
});

describe("a resource", () => {
  test("is checked: defaults, and mistakes with their paths", async () => {
    const provider = await startConfigured();
    const good = await check(provider, { name: "a", notes: {} });
    expect(receive(good.getInputs()).properties).toEqual({ name: "a", size: 1, notes: {} });
    const bad = await check(provider, { ...thing, size: 10 });
    expect(bad.getFailuresList().map((failure) => failure.toObject())).toEqual([
      { property: "size", reason: "must not exceed 9" },
    ]);
    expect((await check(provider, { ...thing, size: UNKNOWN })).getFailuresList()).toEqual([]);
  });

  test("is created, with its secrets marked, and refreshed before each update", async () => {
    const created = await create(await startConfigured(), thing);
    expect(created.getId()).toBe("a");
    expect(created.getRefreshBeforeUpdate()).toBe(true);
    expect(receive(created.getProperties())).toEqual({
      properties: { ...thing, origin: "here" },
      secrets: new Set(["notes"]),
    });
  });

  test("is previewed, without an id where that is not known yet", async () => {
    const provider = await startConfigured();
    const known = await create(provider, thing, true);
    expect([known.getId(), receive(known.getProperties()).properties.origin]).toEqual(["a", "preview"]);
    const unknown = await create(provider, { ...thing, name: UNKNOWN }, true);
    expect(unknown.getId()).toBe("");
  });

  test("has a diff with property paths, in place, that honours ignoreChanges", async () => {
    const provider = await startConfigured();
    const diff = (ignored: string[]) => {
      const request = new pb.DiffRequest().setUrn(urn).setIgnorechangesList(ignored);
      request.setOlds(send({ ...thing, origin: "here" }, ["notes"]));
      request.setNews(send({ name: "a", size: 2, notes: { "/x": "other", y: "new" } }, ["notes"]));
      return provider.call<pb.DiffResponse>((client, reply) => client.diff(request, reply));
    };
    const all = await diff([]);
    expect(all.getChanges()).toBe(pb.DiffResponse.DiffChanges.DIFF_SOME);
    expect(all.getHasdetaileddiff()).toBe(true);
    expect(all.getReplacesList()).toEqual([]);
    expect(all.getDiffsList()).toEqual(["notes", "size"]);
    const kinds: [string, number][] = [];
    all.getDetaileddiffMap().forEach((change, path) => {
      kinds.push([path, change.getKind()]);
    });
    expect(new Map(kinds)).toEqual(
      new Map([
        ["size", UPDATE],
        ['notes["/x"]', UPDATE],
        ["notes.y", ADD],
      ]),
    );
    expect((await diff(["size", "notes"])).getChanges()).toBe(pb.DiffResponse.DiffChanges.DIFF_NONE);
  });

  test("is read: with its given inputs, with inputs made from the state at an import, with no id when gone", async () => {
    const provider = await startConfigured();
    const read = (id: string, known?: Properties) => {
      const request = new pb.ReadRequest().setUrn(urn).setId(id);
      if (known !== undefined) request.setProperties(send({ ...known, origin: "here" })).setInputs(send(known));
      return provider.call<pb.ReadResponse>((client, reply) => client.read(request, reply));
    };
    const refreshed = await read("a", thing);
    expect(receive(refreshed.getInputs()).properties).toEqual(thing);
    expect(refreshed.getRefreshBeforeUpdate()).toBe(true);
    const imported = await read("b");
    expect(receive(imported.getInputs()).properties).toEqual({ name: "b", size: 1, notes: {} });
    expect((await read("gone", thing)).getId()).toBe("");
  });

  test("that exists in the state alone is not read before each update", async () => {
    const provider = await start(join(import.meta.dirname, "../../../../tools/offline/command/main.ts"));
    await provider.call((client, reply) => client.configure(new pb.ConfigureRequest().setArgs(send({})), reply));
    const request = new pb.ReadRequest().setUrn(urn.replace("test:index:Thing", "command:local:Command")).setId("a");
    request.setProperties(send({ create: "true" })).setInputs(send({ create: "true" }));
    const read = await provider.call<pb.ReadResponse>((client, reply) => client.read(request, reply));
    expect([read.getId(), read.getRefreshBeforeUpdate()]).toEqual(["a", false]);
  });

  test("that fails on purpose tells the engine that nothing happened, and otherwise that the state may be wrong", async () => {
    const provider = await startConfigured();
    await expect(create(provider, { ...thing, name: "refused" })).rejects.toMatchObject({
      code: grpc.status.FAILED_PRECONDITION,
      details: "the host refuses it",
    });
    await expect(create(provider, { ...thing, name: "broken" })).rejects.toMatchObject({ code: grpc.status.UNKNOWN });
  });

  test("of a type that there is not is told with those that there are", async () => {
    const provider = await startConfigured();
    const request = new pb.CheckRequest().setUrn(urn.replace("Thing", "Thong")).setNews(send({}));
    const checked = provider.call((client, reply) => client.check(request, reply));
    await expect(checked).rejects.toThrow("has no resource test:index:Thong; it has test:index:Thing");
  });
});

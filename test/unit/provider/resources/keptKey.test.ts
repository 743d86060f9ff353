import { generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import type { Operation } from "../../../../provider/protocol/resource.ts";
import type { Properties } from "../../../../provider/protocol/values.ts";
import type { HostContext } from "../../../../provider/resources/hostResource.ts";
import { keptKey } from "../../../../provider/resources/keptKey.ts";
import { LocalHost } from "../../../helpers/localHost.ts";
import { useTemporaryFolder } from "../../../helpers/temporaryFolder.ts";

const newKey = () => String(generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }));
const first = newKey();
const second = newKey();
const inputs = (privateKey = first) => ({ name: "s1", privateKey, kept: true });

const folder = useTemporaryFolder();
const file = () => join(host.folder, "state", "keys", "s1.pem");
let host: LocalHost;

beforeEach(() => {
  host = new LocalHost(join(folder(), "host"));
});

const operation = (): Operation<HostContext> => ({ context: host.context(), log: () => {}, preview: false });
const create = (privateKey = first) => keptKey.create(operation(), inputs(privateKey));
const refresh = async (state: Properties) => (await keptKey.read(operation(), "s1", state, inputs())) ?? {};

test("a key is kept for root alone, and goes with its resource", async () => {
  const state = await create();
  expect(state.keptKey).toBe(first);
  expect(readFileSync(file(), "utf8")).toBe(first);
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  expect(await refresh(state)).toEqual(state);
  await keptKey.delete(operation(), state);
  expect(existsSync(file())).toBe(false);
});

test("where the state is lost, or the key imported, the key of the host stays", async () => {
  await create();
  const state = await create(second);
  expect(state.keptKey).toBe(first);
  expect(await keptKey.update(operation(), await refresh(state), inputs(second))).toEqual(state);
  expect(await keptKey.read(operation(), "s1", undefined, undefined)).toMatchObject({ name: "s1", keptKey: first });
});

test("a key that is gone, or damaged, or on another host by now is put there as it was", async () => {
  const state = await create();
  writeFileSync(file(), "damaged");
  const seen = await refresh(state);
  expect(seen).toEqual({ ...state, kept: false });
  expect(await keptKey.update(operation(), seen, inputs())).toEqual(state);
  rmSync(file());
  expect(await keptKey.update(operation(), await refresh(state), inputs())).toEqual(state);
  host = new LocalHost(join(folder(), "host2"), { hostId: "1".repeat(32) });
  expect(await keptKey.update(operation(), await refresh(state), inputs())).toMatchObject({ keptKey: first });
});

test("what the host has is of no use where it is no key", async () => {
  await create();
  writeFileSync(file(), "damaged");
  expect(await create(second)).toMatchObject({ keptKey: second, kept: true });
});

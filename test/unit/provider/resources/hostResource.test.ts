import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { sh } from "../../../../provider/connection/shell.ts";
import type { Operation, Resource } from "../../../../provider/protocol/resource.ts";
import { type Properties, UNKNOWN } from "../../../../provider/protocol/values.ts";
import { type HostContext, hostResource, refuse } from "../../../../provider/resources/hostResource.ts";
import { LocalHost } from "../../../helpers/localHost.ts";
import { useTemporaryFolder } from "../../../helpers/temporaryFolder.ts";

const folder = useTemporaryFolder();

interface Note {
  name: string;
  text: string;
}

/** A resource whose thing is a file; a text `break` fails half way, `forbidden` at once. */
const note = hostResource<Note, { size: number }>({
  token: "test:host:Note",
  description: "A note.",
  inputs: z.strictObject({ name: z.string(), text: z.string() }),
  outputs: z.strictObject({ size: z.number() }),
  fixed: { name: "make another" },
  id: ({ name }) => name,
  async observe({ host }, name) {
    const text = (await host.ask(sh`cat ${join(folder(), name)} 2>/dev/null || true`)).trim();
    return { present: text !== "", state: { name, text, size: text.length } };
  },
  distrust: (_before, { text }) => (text === "replaced" ? ["it is another one"] : []),
  async preflight(_context, { text }) {
    refuse(text === "forbidden" ? ["this text is forbidden"] : []);
  },
  async intend({ remembered }, _wanted, { present }) {
    return { made: remembered.made === true || !present };
  },
  async converge({ host, remembered }, { name, text }) {
    await host.change(
      sh`[ ${text} != break ] || { echo 'it broke' >&2; exit 1; }; echo ${text} >${join(folder(), name)}`,
    );
    return remembered;
  },
  async remove({ host, remembered }, { name }) {
    if (remembered.made === true) await host.change(sh`rm -f ${join(folder(), name)}`);
  },
});

const key = "test:host:Note n";
let host: LocalHost;
const log = vi.fn();

beforeEach(() => {
  host = new LocalHost(join(folder(), "host"));
  log.mockClear();
});

function operation(options: { preview?: boolean; keepStateWhenUnreachable?: boolean } = {}): Operation<HostContext> {
  return { context: host.context(options), log, preview: options.preview ?? false };
}

const file = () => join(folder(), "n");
const onHost = () => (existsSync(file()) ? readFileSync(file(), "utf8").trim() : undefined);
const create = (text = "a") => note.create(operation(), { name: "n", text });
const read = (state: Properties, inputs: Properties = { name: "n", text: "a" }) =>
  note.read(operation(), "n", state, inputs);

async function diff(resource: Resource<HostContext>, state: Properties) {
  return await resource.diff?.(operation(), state, {}, []);
}

describe("create", () => {
  test("makes the thing, marks it as its own, and tells what is there", async () => {
    const state = await create();
    expect(onHost()).toBe("a");
    expect(state).toMatchObject({ name: "n", text: "a", size: 1, hostId: "0".repeat(32) });
    expect(host.remembered(key)).toEqual({ made: true, instance: state.instance });
  });

  test("changes nothing in a preview, where only what may still change is unknown", async () => {
    const planned = await note.create(operation({ preview: true }), { name: "n", text: "a" });
    expect(planned).toEqual({ name: "n", text: "a", size: UNKNOWN, hostId: "0".repeat(32), instance: UNKNOWN });
    expect(onHost()).toBeUndefined();
    expect(existsSync(join(host.folder, "state", "manifest.json"))).toBe(false);
  });

  test("takes inputs in a preview that are not known yet", async () => {
    const planned = await note.create(operation({ preview: true }), { name: UNKNOWN, text: UNKNOWN });
    expect(planned).toMatchObject({ name: UNKNOWN, text: UNKNOWN, size: UNKNOWN });
  });

  test("is forbidden at preview already", async () => {
    const forbidden = note.create(operation({ preview: true }), { name: "n", text: "forbidden" });
    await expect(forbidden).rejects.toThrow("this text is forbidden");
  });

  test("that breaks off half way is remembered, so that the next one knows what was made", async () => {
    await expect(create("break")).rejects.toThrow("it broke");
    expect(host.remembered(key)).toMatchObject({ made: true });
    writeFileSync(file(), "half made");
    const state = await create();
    await note.delete(operation(), state);
    expect(onHost()).toBeUndefined();
  });
});

describe("a change that comes as a whole", () => {
  /** Remembers its text, and is killed when that is on the host. */
  const killed = hostResource<Note, object>({
    token: "test:host:Note",
    description: "A note.",
    inputs: z.strictObject({ name: z.string(), text: z.string() }),
    outputs: z.strictObject({}),
    id: ({ name }) => name,
    observe: async (_context, name, { text = "" }) => ({ present: true, state: { name, text } }),
    async converge({ entryFile, recall, remembered }, { text }) {
      const { path, text: entry } = await entryFile({ text });
      writeFileSync(host.placeOf(path), entry);
      throw new Error(`killed: ${remembered.text}, ${(await recall()).text}`);
    },
    async remove() {},
  });

  test("is remembered from then on, whatever becomes of the provider", async () => {
    const change = (text: string) => killed.create(operation(), { name: "n", text });
    await expect(change("a")).rejects.toThrow("killed: undefined, a");
    await expect(change("b")).rejects.toThrow("killed: a, b");
  });
});

describe("update", () => {
  test("converges from whatever is there", async () => {
    const state = await create();
    writeFileSync(file(), "edited by hand");
    expect(await note.update(operation(), state, { name: "n", text: "b" })).toMatchObject({ text: "b", size: 1 });
    expect(onHost()).toBe("b");
  });

  test("tells outputs exactly in a preview where nothing is going to change", async () => {
    const state = await create();
    const planned = await note.update(operation({ preview: true }), state, { name: "n", text: "a" });
    expect(planned).toEqual(state);
  });

  test("refuses another identity", async () => {
    const state = await create();
    const renamed = note.update(operation({ preview: true }), state, { name: "m", text: "a" });
    await expect(renamed).rejects.toThrow("name cannot change from n to m: make another");
  });
});

describe("read", () => {
  test("tells what is there, not what was", async () => {
    const state = await create();
    writeFileSync(file(), "edited");
    expect(await read(state)).toEqual({ ...state, text: "edited", size: 6 });
  });

  test("tells that nothing is there where a hand deleted what is remembered, so that it is repaired", async () => {
    const state = await create();
    rmSync(file());
    expect(await read(state)).toMatchObject({ text: "", instance: state.instance });
  });

  test("finds nothing where nothing is there nor remembered", async () => {
    const state = await create();
    rmSync(join(host.folder, "state", "manifest.json"));
    rmSync(file());
    expect(await read(state)).toBeUndefined();
  });

  test("imports by the id alone, with the mark that the host remembers", async () => {
    const state = await create();
    expect(await note.read(operation(), "n", undefined, undefined)).toEqual(state);
  });

  test("stops where the thing was replaced behind our back", async () => {
    const state = await create();
    writeFileSync(file(), "replaced");
    await expect(read(state)).rejects.toThrow("it is another one");
  });
});

describe("delete", () => {
  test("removes the thing and forgets it", async () => {
    await note.delete(operation(), await create());
    expect(onHost()).toBeUndefined();
    expect(host.remembered(key)).toBeUndefined();
  });

  test("leaves what was there before", async () => {
    writeFileSync(file(), "was there");
    await note.delete(operation(), await create());
    expect(onHost()).toBe("a");
  });

  test("leaves what belongs to another resource by now", async () => {
    const renamed = await create();
    await create();
    await note.delete(operation(), renamed);
    expect(onHost()).toBe("a");
    expect(log).toHaveBeenCalledWith("info", expect.stringContaining("belongs to another resource now"));
  });

  test("succeeds where the thing is gone already", async () => {
    const state = await create();
    rmSync(file());
    await note.delete(operation(), state);
  });
});

describe("another host", () => {
  test("under the same state shows as a change, whatever the state says", async () => {
    const state = await create();
    expect(await diff(note, state)).toEqual([]);
    mkdirSync(join(folder(), "other"));
    host = new LocalHost(join(folder(), "other"), { hostId: "1".repeat(32) });
    expect(await diff(note, state)).toEqual([{ path: "hostId", kind: "update" }]);
    expect(await read({ ...state, text: "replaced" })).toMatchObject({ hostId: "1".repeat(32) });
  });

  test("of another release is refused", async () => {
    host = new LocalHost(join(folder(), "old"), { release: "12" });
    await expect(create()).rejects.toThrow(
      "the host (mailhost:target) runs Debian 12, but mailhost:release says debian13",
    );
  });

  test("without systemd is refused", async () => {
    host = new LocalHost(join(folder(), "container"), { hasSystemd: false });
    await expect(create()).rejects.toThrow("the host (mailhost:target) was not started by systemd");
  });
});

describe("a host that is gone", () => {
  test("fails every operation", async () => {
    const state = await create();
    host.isGone = true;
    await expect(read(state)).rejects.toThrow("does not answer");
    await expect(diff(note, state)).rejects.toThrow("does not answer");
    await expect(note.delete(operation(), state)).rejects.toThrow("does not answer");
  });

  test("keeps its state when that is asked for: previews work, deleting forgets, changing fails", async () => {
    const state = await create();
    host.isGone = true;
    const away = { keepStateWhenUnreachable: true };
    const wanted = { name: "n", text: "b" };
    expect(await note.read(operation(away), "n", state, wanted)).toEqual(state);
    expect(await note.diff?.(operation(away), state, wanted, [])).toEqual([]);
    expect(await note.update(operation({ ...away, preview: true }), state, wanted)).toEqual({
      ...state,
      text: "b",
      size: UNKNOWN,
    });
    expect(await note.create(operation({ ...away, preview: true }), wanted)).toMatchObject({ hostId: UNKNOWN });
    await note.delete(operation(away), state);
    expect(log.mock.calls.every(([severity]) => severity === "warning")).toBe(true);
    await expect(note.update(operation(away), state, wanted)).rejects.toThrow("does not answer");
  });
});

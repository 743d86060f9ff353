import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { LocalHost } from "../../../helpers/localHost.ts";
import { useTemporaryFolder } from "../../../helpers/temporaryFolder.ts";

const folder = useTemporaryFolder();

test("entries that many resources write at the same time are all there in the end", async () => {
  const host = new LocalHost(join(folder(), "host"));
  const { manifest } = host.context();
  const keys = Array.from({ length: 12 }, (_, index) => `mailhost:host:Service ${index}.service`);
  await Promise.all(keys.map((key) => manifest.setEntry(key, { instance: key })));
  expect(keys.map((key) => host.remembered(key))).toEqual(keys.map((instance) => ({ instance })));
});

describe("an entry that a change has put into place as a file", () => {
  const key = "mailhost:host:ConfigSet config-set";
  const old = { instance: "mark", files: { "/etc/old": "" } };
  const newer = { instance: "mark", files: { "/etc/new": "" } };
  const other = "mailhost:host:Account vmail";

  async function withFileInPlace() {
    const host = new LocalHost(join(folder(), "host"));
    const { manifest } = host.context();
    await manifest.setEntry(key, old);
    const file = await manifest.entryFile(key, newer);
    expect(file.before).toBeUndefined();
    const place = host.placeOf(file.path);
    writeFileSync(place, file.text);
    return { host, manifest, file, place };
  }

  test("counts from then on, whatever other entries are written", async () => {
    const { host, manifest, file } = await withFileInPlace();
    await manifest.setEntry(other, { instance: "another" });
    expect(await manifest.entry(key)).toEqual(newer);
    expect(await manifest.entry(other)).toEqual({ instance: "another" });
    // Until it is sure that the change stays.
    expect(host.remembered(key)).toEqual(old);
    expect((await manifest.entryFile(key, old)).before).toBe(file.text);
  });

  test.each([
    ["written", newer],
    ["written back", old],
    ["removed", undefined],
  ])("goes when the entry is %s", async (_what, entry) => {
    const { host, manifest, place } = await withFileInPlace();
    await manifest.setEntry(key, entry);
    expect(existsSync(place)).toBe(false);
    expect(host.remembered(key)).toEqual(entry);
    expect(await manifest.entry(key)).toEqual(entry);
  });

  test("is named where it cannot be read", async () => {
    const { manifest, file, place } = await withFileInPlace();
    writeFileSync(place, "{");
    await expect(manifest.entry(key)).rejects.toThrow(`${file.path} on the host cannot be read`);
  });
});

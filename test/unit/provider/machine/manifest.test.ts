import { join } from "node:path";
import { expect, test } from "vitest";
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

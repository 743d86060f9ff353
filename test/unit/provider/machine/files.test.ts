import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { contentDigest, observePaths } from "../../../../provider/machine/files.ts";
import { LocalHost } from "../../../helpers/localHost.ts";
import { useTemporaryFolder } from "../../../helpers/temporaryFolder.ts";

const folder = useTemporaryFolder();

test.each([
  ["text", Buffer.from("# é\n"), /^# é\n$/],
  ["a byte that is not UTF-8", Buffer.from([0x23, 0xe9, 0x0a]), /^\[not UTF-8: sha256 [0-9a-f]{64}\]\n$/],
])("a file with %s is shown, and known by the digest of its bytes", async (_what, bytes, shown) => {
  const path = join(folder(), "file");
  writeFileSync(path, bytes);
  const { host } = new LocalHost(folder()).context();
  const content = (await observePaths(host, [path])).get(path)?.content ?? "";
  expect(content).toMatch(shown);
  expect(contentDigest(content)).toBe(createHash("sha256").update(bytes).digest("hex"));
});

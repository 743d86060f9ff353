import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { localPassphraseFile } from "../../../tools/engine/passphrase.ts";
import { useTemporaryFolder } from "../../helpers/temporaryFolder.ts";

const folder = useTemporaryFolder();

it("makes a passphrase that only its owner can read, and nothing beside it", () => {
  const path = localPassphraseFile(join(folder(), "passphrase"));
  expect(readFileSync(path, "utf8")).toMatch(/^[\w-]{43}\n$/);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder())).toEqual(["passphrase"]);
});

it("keeps the passphrase that is there", () => {
  const path = localPassphraseFile(join(folder(), "passphrase"));
  const first = readFileSync(path, "utf8");
  localPassphraseFile(path);
  expect(readFileSync(path, "utf8")).toBe(first);
});

import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { removeOutdatedImages } from "../../../../tools/testhost/image.ts";
import { imagesFolder } from "../../../../tools/testhost/paths.ts";
import { useTemporaryFolder } from "../../../helpers/temporaryFolder.ts";

const folder = useTemporaryFolder();

afterEach(() => {
  vi.unstubAllEnvs();
});

test("an image goes two weeks after its own, with all that belongs to it, unless a host is made of it", () => {
  vi.stubEnv("MAILHOST_CACHE", folder());
  const made = (name: string): string => {
    const image = join(imagesFolder(), name);
    mkdirSync(join(image, "etc"), { recursive: true });
    writeFileSync(`${image}.lock`, "");
    return image;
  };
  for (const name of ["trixie-a-week2998", "trixie-a-week2999", "trixie-a-week3000"]) made(name);
  mkdirSync(join(imagesFolder(), "bookworm-b-week2900.partial"));
  const used = made("trixie-b-week2900");
  removeOutdatedImages([used], new Date(3000 * 7 * 86_400_000));
  expect(readdirSync(imagesFolder()).sort()).toEqual(
    ["trixie-a-week2999", "trixie-a-week3000", "trixie-b-week2900"].flatMap((name) => [name, `${name}.lock`]),
  );
});

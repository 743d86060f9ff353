import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkoutFolder } from "../../tools/launch/paths.mjs";

const page = readFileSync(join(checkoutFolder, "docs/documented-text.md"), "utf8");

/** The last cell of each row, which names tests: `place` title, with ` > ` before the name of a case. */
const cells = [...page.matchAll(/^\|.*\| (`.+?) *\|$/gm)].map(([, cell = ""]) => cell);
const named = cells
  .flatMap((cell) => cell.split("<br>"))
  .map((test) => /^`(\S+)` (.+)$/.exec(test)?.slice(1) ?? [test, ""]);

test("every row names a test, or more", () => {
  const rows = page.match(/^\| (?!documented |departure |-)/gm);
  expect(cells.length).toBe(rows?.length);
});

test.each(named)("%s has the test: %s", (place, title = "") => {
  const file = join(checkoutFolder, "test", `${place}.test.ts`);
  expect(existsSync(file)).toBe(true);
  const source = readFileSync(file, "utf8");
  for (const name of title.split(" > ")) expect(source).toContain(JSON.stringify(name));
});

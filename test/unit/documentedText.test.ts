import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkoutFolder } from "../../tools/launch/paths.mjs";

const page = readPage("documented-text.md");
const rows = tableRows(page);

/** The last cell of each row names tests: `place` title, with ` > ` before the name of a case. */
const named = rows
  .flatMap((cells) => cells.at(-1)?.split("<br>") ?? [])
  .map((test) => /^`(\S+)` (.+)$/.exec(test)?.slice(1) ?? [test, ""]);

function readPage(name: string): string {
  return readFileSync(join(checkoutFolder, "docs", name), "utf8");
}

/** The cells of all rows of the tables in a text, without heads. */
function tableRows(text: string): string[][] {
  return [...text.matchAll(/\n\| *-.*\n((?:\|.*\n)+)/g)]
    .flatMap(([, body = ""]) => body.trim().split("\n"))
    .map((row) => row.split(/(?<!\\)\|/).slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()));
}

test.each(named)("%s has the test: %s", (place, title = "") => {
  const file = join(checkoutFolder, "test", `${place}.test.ts`);
  expect(existsSync(file)).toBe(true);
  const source = readFileSync(file, "utf8");
  for (const name of title.split(" > ")) expect(source).toContain(JSON.stringify(name));
});

test("every departure of deviations.md is in the table of departures, and nothing else is", () => {
  const [table = ""] = /\n\| departure .*(?:\n\|.*)+\n/.exec(page) ?? [];
  const departures = tableRows(readPage("deviations.md")).map(([_documented, here]) => here);
  expect(departures).not.toEqual([]);
  expect(tableRows(table).map(([departure]) => departure)).toEqual(departures);
});

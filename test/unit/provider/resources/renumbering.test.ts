import { expect, test } from "vitest";
import { parseHoldings } from "../../../../provider/resources/renumbering.ts";

test("the answer of the host is directories with the number of files in them, blanks in names included", () => {
  expect(parseHoldings("12 /var/vmail\n1 /srv/old mail\n\n")).toEqual([
    { directory: "/var/vmail", count: 12 },
    { directory: "/srv/old mail", count: 1 },
  ]);
});

import { expect, test } from "vitest";
import { renderZoneFile } from "../../../../tools/dns/zoneFile.ts";

test("a zone file has a line for each record, below what it is for", () => {
  const reason = "mail for the domain comes to the host";
  expect(renderZoneFile([{ name: "domain.tld", type: "MX", value: "10 mail.domain.tld.", reason }])).toBe(
    "; mail for the domain comes to the host\ndomain.tld. IN MX 10 mail.domain.tld.\n",
  );
});

test("a long text is in pieces of at most 255 characters, and quotes are escaped", () => {
  const value = `v=DKIM1; p="${"A".repeat(300)}`;
  const text = renderZoneFile([{ name: "s1._domainkey.domain.tld", type: "TXT", value, reason: "the key" }]);
  const pieces = [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, piece = ""]) => piece.replaceAll(/\\(.)/g, "$1"));
  expect(pieces.map(({ length }) => length)).toEqual([255, value.length - 255]);
  expect(pieces.join("")).toBe(value);
});

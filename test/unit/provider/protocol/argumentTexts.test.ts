import { expect, test } from "vitest";
import { z } from "zod";
import { parseArgumentTexts } from "../../../../provider/protocol/argumentTexts.ts";
import { UNKNOWN } from "../../../../provider/protocol/values.ts";

const schema = z.strictObject({
  port: z.int(),
  user: z.string(),
  hostKey: z.union([z.string(), z.array(z.string())]),
});

test.each([
  ["a number as text", { port: "2222" }, { port: 2222 }],
  ["a number", { port: 22 }, { port: 22 }],
  ["a text that looks like a number, where a text is wanted", { user: "1000" }, { user: "1000" }],
  [
    "a list as text",
    { hostKey: '["ssh-ed25519 AAAA","ssh-rsa BBBB"]' },
    { hostKey: ["ssh-ed25519 AAAA", "ssh-rsa BBBB"] },
  ],
  ["a text where a list is possible", { hostKey: "ssh-ed25519 AAAA" }, { hostKey: "ssh-ed25519 AAAA" }],
  ["what does not fit, for the check to tell", { port: "many", other: "1" }, { port: "many", other: "1" }],
  ["what is not known yet", { port: UNKNOWN }, { port: UNKNOWN }],
])("%s", (_what, given, meant) => {
  expect(parseArgumentTexts(schema, given)).toEqual(meant);
});

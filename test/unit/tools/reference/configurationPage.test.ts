import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { pageFile, renderPage } from "../../../../tools/reference/page.ts";
import { readSettings } from "../../../../tools/reference/settings.ts";

const { settings, problems } = readSettings();

test("doc comments and schema agree on every key and default", () => {
  expect(problems).toEqual([]);
});

test("docs/configuration.md is as `npm run docs` makes it", () => {
  expect(readFileSync(pageFile, "utf8")).toBe(renderPage(settings));
});

test("tells of a key, of where it is, what it takes and what a missing one stands for", () => {
  expect(settings.find(({ path }) => path === "domains.<domain>.mailboxes.<name>.quota")).toEqual({
    path: "domains.<domain>.mailboxes.<name>.quota",
    origin: "MailboxArgs.quota",
    description: "What it may hold, as {@link MailArgs.quota}.",
    type: "text",
    required: false,
    defaultValue: undefined,
    documentedDefault: "- {@link DomainArgs.quota}",
    allowed: 'a whole number above 0 with K, M, G or T, such as "5G", less than 8192T in all, or "unlimited"',
    examples: [],
  });
});

test.each([
  ["target.address", 'target.connection: "ssh"', true],
  ["target.privateKeyFile", 'target.connection: "ssh"', false],
  ["targetPrivateKey", 'target.connection: "ssh"', false],
  ["tls.names", undefined, false],
  ["tls.certificateChain", 'tls.source: "pem"', true],
  ["tlsPrivateKey", 'tls.source: "pem"', true],
  ["tls.privateKeyFile", 'tls.source: "files"', true],
])("tells with which other key %s is given: %s", (path, onlyWith, required) => {
  expect(settings.find((setting) => setting.path === path)).toMatchObject({ onlyWith, required });
});

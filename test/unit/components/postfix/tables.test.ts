import { expect, test } from "vitest";
import { renderPasswdFile } from "../../../../components/dovecot/passwdFile.ts";
import {
  enabledMailboxes,
  renderSenderLoginMap,
  renderVirtualAliasMap,
  renderVirtualMailboxMap,
} from "../../../../components/postfix/tables.ts";
import { sampleArgs, sampleModel } from "../sample.ts";

test("lists the mailboxes that take mail", () => {
  expect(renderVirtualMailboxMap(sampleModel())).toBe(
    [
      "alice@domain.tld alice@domain.tld\n",
      "bob@domain.tld bob@domain.tld\n",
      "dave@domain1.tld dave@domain1.tld\n",
    ].join(""),
  );
});

test("lists the members of every alias", () => {
  expect(renderVirtualAliasMap(sampleModel())).toBe(
    [
      "abuse@domain.tld alice@domain.tld\n",
      "abuse@domain1.tld dave@domain1.tld\n",
      "everybody@domain.tld dave@domain1.tld, info@domain.tld\n",
      "info@domain.tld alice@domain.tld, bob@domain.tld\n",
      "postmaster@domain.tld alice@domain.tld\n",
      "postmaster@domain1.tld alice@domain.tld\n",
      "sales@domain.tld bob@domain.tld, partner@elsewhere.example\n",
    ].join(""),
  );
});

test("lists every address with all its owners, and no disabled or foreign one", () => {
  expect(renderSenderLoginMap(sampleModel())).toBe(
    [
      "abuse@domain.tld alice@domain.tld\n",
      "abuse@domain1.tld dave@domain1.tld\n",
      "alice@domain.tld alice@domain.tld\n",
      "bob@domain.tld bob@domain.tld\n",
      "dave@domain1.tld dave@domain1.tld\n",
      "everybody@domain.tld dave@domain1.tld\n",
      "info@domain.tld alice@domain.tld, bob@domain.tld\n",
      "postmaster@domain.tld alice@domain.tld\n",
      "postmaster@domain1.tld alice@domain.tld\n",
      "sales@domain.tld alice@domain.tld\n",
    ].join(""),
  );
});

test("leaves an address without owner out of the sender rights", () => {
  const domains = {
    ...sampleArgs.domains,
    "domain2.tld": { aliases: { news: { members: ["bob@domain.tld"], senders: [] } } },
  };
  expect(renderVirtualAliasMap(sampleModel({ domains }))).toContain("news@domain2.tld bob@domain.tld\n");
  expect(renderSenderLoginMap(sampleModel({ domains }))).not.toContain("news@domain2.tld");
});

test("has each address once in each table", () => {
  for (const render of [renderVirtualMailboxMap, renderVirtualAliasMap, renderSenderLoginMap]) {
    const keys = render(sampleModel())
      .trimEnd()
      .split("\n")
      .map((line) => line.split(" ", 1)[0]);
    expect(new Set(keys).size).toBe(keys.length);
  }
});

test("renders everything about 10,000 mailboxes in far less than a second", () => {
  const mailboxes = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`user${index}`, {}]));
  const aliases = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`alias${index}`, ["user1", "user2"]]));
  const start = performance.now();
  const host = sampleModel({ domains: { ...sampleArgs.domains, "example.org": { mailboxes, aliases } } });
  renderVirtualMailboxMap(host);
  renderVirtualAliasMap(host);
  renderSenderLoginMap(host);
  for (const domain of host.domains) renderPasswdFile(domain, {});
  expect(performance.now() - start).toBeLessThan(1000);
  expect(enabledMailboxes(host)).toHaveLength(10_003);
});

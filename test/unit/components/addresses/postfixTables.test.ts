import { describe, expect, test } from "vitest";
import {
  enabledMailboxes,
  renderForwardedRecipients,
  renderRefusedRecipients,
  renderSenderLoginMap,
  renderTransportMap,
  renderVirtualAliasMap,
  renderVirtualMailboxMap,
} from "../../../../components/addresses/postfixTables.ts";
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

test("closes the mailboxes that are disabled, and no others", () => {
  expect(renderTransportMap(sampleModel())).toBe(
    "# Mailboxes that are disabled\nold@domain.tld error:5.1.1 User unknown\n",
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

/** The sample with one domain more. */
function withDomains(more: object) {
  return sampleModel({ domains: { ...sampleArgs.domains, ...more } });
}

/** The lines of a table that are about a domain. */
function linesOf(table: string, domain: string): string[] {
  return table.split("\n").filter((line) => line.split(" ", 1)[0]?.endsWith(`@${domain}`));
}

describe("a catch-all", () => {
  const mailboxes = { ann: {}, ben: { enabled: false }, cid: { forward: ["x@elsewhere.example"], keepCopy: false } };
  const host = withDomains({ "domain2.tld": { mailboxes, aliases: { "@": ["ann"], gone: ["ben"] } } });

  test("takes neither mail for a mailbox nor for a disabled address", () => {
    expect(linesOf(renderVirtualAliasMap(host), "domain2.tld")).toEqual([
      "@domain2.tld ann@domain2.tld",
      "abuse@domain2.tld alice@domain.tld",
      "ann@domain2.tld ann@domain2.tld",
      "ben@domain2.tld ben@domain2.tld",
      "cid@domain2.tld x@elsewhere.example",
      "gone@domain2.tld gone@domain2.tld",
      "postmaster@domain2.tld alice@domain.tld",
    ]);
    expect(linesOf(renderRefusedRecipients(host), "domain2.tld")).toEqual([
      "ben@domain2.tld 550 5.1.1 User unknown",
      "gone@domain2.tld 550 5.1.1 User unknown",
    ]);
    expect(linesOf(renderForwardedRecipients(host), "domain2.tld")).toEqual(["cid@domain2.tld OK"]);
  });

  test("gives no right to send", () => {
    expect(renderSenderLoginMap(host)).not.toMatch(/^@/m);
  });

  test("is none where its members are disabled", () => {
    const host = withDomains({ "domain2.tld": { aliases: { "@": ["old@domain.tld"] } } });
    expect(renderVirtualAliasMap(host)).not.toMatch(/^@/m);
    expect(renderRefusedRecipients(host)).not.toContain("550");
  });
});

test("an alias domain has each address of the other, with the same rights to send", () => {
  const host = withDomains({
    "domain2.tld": { mailboxes: { ann: {}, ben: { sendAs: ["info"] } }, aliases: { info: ["ann"], "@": ["ben"] } },
    "domain3.tld": { aliasOf: "domain2.tld" },
  });
  expect(linesOf(renderVirtualAliasMap(host), "domain3.tld")).toEqual([
    "@domain3.tld ben@domain2.tld",
    "abuse@domain3.tld abuse@domain2.tld",
    "ann@domain3.tld ann@domain2.tld",
    "ben@domain3.tld ben@domain2.tld",
    "info@domain3.tld info@domain2.tld",
    "postmaster@domain3.tld postmaster@domain2.tld",
  ]);
  expect(linesOf(renderSenderLoginMap(host), "domain3.tld")).toEqual([
    "abuse@domain3.tld alice@domain.tld",
    "ann@domain3.tld ann@domain2.tld",
    "ben@domain3.tld ben@domain2.tld",
    "info@domain3.tld ann@domain2.tld, ben@domain2.tld",
    "postmaster@domain3.tld alice@domain.tld",
  ]);
  expect(linesOf(renderVirtualMailboxMap(host), "domain3.tld")).toEqual([]);
});

describe("a mailbox that forwards", () => {
  const forwarding = (mailbox: object) =>
    linesOf(
      renderVirtualAliasMap(withDomains({ "domain2.tld": { mailboxes: { ann: mailbox } } })),
      "domain2.tld",
    ).filter((line) => line.startsWith("ann@"));

  test("keeps a copy, if it is not told otherwise", () => {
    expect(forwarding({ forward: ["x@elsewhere.example", "bob@domain.tld"] })).toEqual([
      "ann@domain2.tld ann@domain2.tld, bob@domain.tld, x@elsewhere.example",
    ]);
    expect(forwarding({ forward: ["bob@domain.tld"], keepCopy: false })).toEqual(["ann@domain2.tld bob@domain.tld"]);
  });

  test("keeps its mail where nobody else is left to get it", () => {
    expect(forwarding({ forward: ["old@domain.tld"], keepCopy: false })).toEqual([]);
  });

  test("forwards nothing while it is disabled", () => {
    expect(forwarding({ enabled: false, forward: ["bob@domain.tld"] })).toEqual([]);
  });
});

test("a user may send as the addresses of sendAs, beside those who may anyway", () => {
  const host = withDomains({
    "domain2.tld": { mailboxes: { ann: { sendAs: ["sales@domain.tld", "old@domain.tld", "x@elsewhere.example"] } } },
  });
  const lines = renderSenderLoginMap(host).split("\n");
  expect(lines).toContain("sales@domain.tld alice@domain.tld, ann@domain2.tld");
  expect(lines).toContain("old@domain.tld ann@domain2.tld");
  expect(lines).toContain("x@elsewhere.example ann@domain2.tld");
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

test("renders everything about 10,000 mailboxes", () => {
  const mailboxes = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`user${index}`, {}]));
  const aliases = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`alias${index}`, ["user1", "user2"]]));
  const host = sampleModel({ domains: { ...sampleArgs.domains, "example.org": { mailboxes, aliases } } });
  expect(renderVirtualMailboxMap(host).split("\n")).toHaveLength(10_004);
  expect(enabledMailboxes(host)).toHaveLength(10_003);
});

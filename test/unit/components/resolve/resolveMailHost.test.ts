import { describe, expect, test } from "vitest";
import type { ResolvedAlias } from "../../../../shared/model/resolvedMailHost.ts";
import { sampleArgs, sampleModel } from "../sample.ts";

function alias(address: string, domains: object = sampleArgs.domains): ResolvedAlias | undefined {
  return sampleModel({ domains: { ...sampleArgs.domains, ...domains } })
    .domains.flatMap(({ aliases }) => aliases)
    .find((found) => found.address === address);
}

test("sorts domains, mailboxes, aliases, members and senders", () => {
  const { domains } = sampleModel();
  expect(domains.map(({ name }) => name)).toEqual(["domain.tld", "domain1.tld"]);
  expect(domains[0]?.mailboxes.map(({ address }) => address)).toEqual([
    "alice@domain.tld",
    "bob@domain.tld",
    "old@domain.tld",
  ]);
  expect(domains[0]?.aliases.map(({ address }) => address)).toEqual([
    "abuse@domain.tld",
    "everybody@domain.tld",
    "info@domain.tld",
    "postmaster@domain.tld",
    "sales@domain.tld",
  ]);
  expect(alias("info@domain.tld")?.members).toEqual(["alice@domain.tld", "bob@domain.tld"]);
});

test("gives every mailbox its home below its domain", () => {
  expect(sampleModel().domains[1]?.mailboxes).toMatchObject([
    { address: "dave@domain1.tld", home: "/var/vmail/domain1.tld/dave", enabled: true },
  ]);
});

test("tells of a mailbox only what is not so for the whole host", () => {
  const mailboxes = {
    ann: { quota: "1024M", format: "maildir" },
    ben: { quota: "5G", format: "mdbox", aclGroups: ["Editors"], sieve: "keep;" },
    cid: {},
  };
  const { domains } = sampleModel({ domains: { ...sampleArgs.domains, "domain2.tld": { mailboxes } } });
  const [ann, ben] = domains[2]?.mailboxes ?? [];
  expect(ann).toMatchObject({ quota: undefined, format: undefined, aclGroups: [], sieve: undefined });
  expect(ben).toMatchObject({ quota: "5G", format: "mdbox", aclGroups: ["Editors"], sieve: "keep;\n" });
});

test("gives a mailbox the quota of its domain", () => {
  const domain = { quota: "2G", mailboxes: { ann: {}, ben: { quota: "1G" } } };
  const { domains } = sampleModel({ domains: { ...sampleArgs.domains, "domain2.tld": domain } });
  expect(domains[2]?.mailboxes.map(({ quota }) => quota)).toEqual(["2G", undefined]);
});

describe("rights on public folders", () => {
  const own = { mailbox: "Public/*", identifier: "anyone", rights: "lr" };
  const acls = (domain: object, args: object = {}) =>
    sampleModel({ domains: { ...sampleArgs.domains, "domain2.tld": domain }, ...args }).domains[2]?.acls;

  test("are the documented ones", () => {
    expect(acls({})?.map(({ mailbox, identifier, rights }) => `${mailbox} ${identifier} ${rights}`)).toEqual([
      "Public anyone l",
      "Public/* anyone lrs",
      "Public group=PublicMailboxAdmins lrwstipekxa",
      "Public/* group=PublicMailboxAdmins lrwstipekxa",
    ]);
  });

  test("are those given for all domains, or for the domain alone", () => {
    const forAll = { publicFolders: { acls: [{ ...own, identifier: "authenticated" }] } };
    expect(acls({}, forAll)).toEqual(forAll.publicFolders.acls);
    expect(acls({ acls: [own] }, forAll)).toEqual([own]);
  });

  test("are none where the domain sees no public folders", () => {
    expect(acls({ publicFolders: false })).toEqual([
      { mailbox: "Public", identifier: "anyone", rights: "" },
      { mailbox: "Public/*", identifier: "anyone", rights: "" },
    ]);
  });
});

describe("members of an alias", () => {
  test("are completed, and may be aliases and live in another domain", () => {
    expect(alias("everybody@domain.tld")?.members).toEqual(["dave@domain1.tld", "info@domain.tld"]);
  });

  test("lack those that are disabled, also behind another alias", () => {
    const aliases = { team: ["retired", "alice"], retired: ["old"], chain: ["retired"] };
    const domains = { "domain.tld": { ...sampleArgs.domains["domain.tld"], aliases } };
    expect(alias("team@domain.tld", domains)?.members).toEqual(["alice@domain.tld"]);
    expect(alias("retired@domain.tld", domains)).toBeUndefined();
    expect(alias("chain@domain.tld", domains)).toBeUndefined();
  });

  test("may be reached by way of 12,000 others, or not", { timeout: 60_000 }, () => {
    const names = Array.from({ length: 12_000 }, (_, index) => `a${index}`);
    const chain = (end: string) => Object.fromEntries(names.map((name, index) => [name, [names[index + 1] ?? end]]));
    const domains = { "b.tld": { aliases: chain("alice@domain.tld") }, "c.tld": { aliases: chain("old@domain.tld") } };
    expect(alias("a0@b.tld", domains)?.members).toEqual(["a1@b.tld"]);
    expect(alias("a0@c.tld", domains)).toBeUndefined();
  });

  test("keep an address elsewhere", () => {
    expect(alias("sales@domain.tld")?.members).toEqual(["bob@domain.tld", "partner@elsewhere.example"]);
  });

  test("may be a role account that the domain does not define", () => {
    expect(alias("help@domain2.tld", { "domain2.tld": { aliases: { help: ["postmaster"] } } })?.members).toEqual([
      "postmaster@domain2.tld",
    ]);
  });
});

describe("senders of an alias", () => {
  const senders = (address: string, domains: object = {}) =>
    sampleModel({ domains: { ...sampleArgs.domains, ...domains } }).senders.get(address);

  test("are its members that are mailboxes, where none are given", () => {
    expect(senders("info@domain.tld")).toEqual(["alice@domain.tld", "bob@domain.tld"]);
    expect(senders("everybody@domain.tld")).toEqual(["dave@domain1.tld"]);
  });

  test("are exactly those given, be they members or not", () => {
    expect(senders("sales@domain.tld")).toEqual(["alice@domain.tld"]);
  });

  test("are nobody where the list is empty", () => {
    const domains = { "domain2.tld": { aliases: { news: { members: ["alice@domain.tld"], senders: [] } } } };
    expect(alias("news@domain2.tld", domains)?.members).toEqual(["alice@domain.tld"]);
    expect(senders("news@domain2.tld", domains)).toBeUndefined();
  });

  test("lack those that are disabled", () => {
    const domains = { "domain2.tld": { aliases: { news: ["alice@domain.tld", "old@domain.tld"] } } };
    expect(senders("news@domain2.tld", domains)).toEqual(["alice@domain.tld"]);
  });

  test("stay where nobody is left to get its mail, in an alias domain too", () => {
    const noreply = { members: ["old@domain.tld"], senders: ["alice@domain.tld"] };
    const domains = { "domain2.tld": { aliases: { noreply } }, "domain3.tld": { aliasOf: "domain2.tld" } };
    expect(alias("noreply@domain2.tld", domains)).toBeUndefined();
    expect(senders("noreply@domain2.tld", domains)).toEqual(["alice@domain.tld"]);
    expect(senders("noreply@domain3.tld", domains)).toEqual(["alice@domain.tld"]);
  });
});

describe("postmaster and abuse", () => {
  test("go to the postmaster, who may send as them", () => {
    for (const address of ["postmaster@domain.tld", "postmaster@domain1.tld"]) {
      expect(alias(address)).toEqual({ address, members: ["alice@domain.tld"] });
      expect(sampleModel().senders.get(address)).toEqual(["alice@domain.tld"]);
    }
  });

  test("stay as the domain defines them, as alias or as mailbox", () => {
    expect(alias("abuse@domain1.tld")?.members).toEqual(["dave@domain1.tld"]);
    expect(alias("abuse@domain2.tld", { "domain2.tld": { mailboxes: { abuse: {} } } })).toBeUndefined();
  });

  const old = { mailboxes: { old: { enabled: false } } };

  test.each<[what: string, domain: object]>([
    ["an alias of disabled users alone", { ...old, aliases: { abuse: ["old"] } }],
    ["a disabled mailbox", { mailboxes: { abuse: { enabled: false } } }],
    [
      "an alias of the other, which reaches nobody",
      { ...old, aliases: { abuse: ["postmaster"], postmaster: ["old"] } },
    ],
    ["the same beside a catch-all", { mailboxes: { abuse: { enabled: false }, ann: {} }, aliases: { "@": ["ann"] } }],
  ])("go to the postmaster where they are %s, who may not send as them for that", (_what, domain) => {
    const found = alias("abuse@domain2.tld", { "domain2.tld": domain });
    expect(found).toEqual({ address: "abuse@domain2.tld", members: ["alice@domain.tld"] });
    const { domains, senders } = sampleModel({ domains: { ...sampleArgs.domains, "domain2.tld": domain } });
    expect(domains.flatMap(({ refused }) => refused)).toEqual([]);
    expect(senders.has("abuse@domain2.tld")).toBe(false);
  });

  test("that reach nobody leave who may send as them as it was", () => {
    const abuse = { members: ["old"], senders: ["bob@domain.tld"] };
    const domains = { "domain2.tld": { ...old, aliases: { abuse } } };
    expect(alias("abuse@domain2.tld", domains)?.members).toEqual(["alice@domain.tld"]);
    const { senders } = sampleModel({ domains: { ...sampleArgs.domains, ...domains } });
    expect(senders.get("abuse@domain2.tld")).toEqual(["bob@domain.tld"]);
  });

  test("of an alias domain are those of the other, which reach somebody", () => {
    const domains = {
      "domain2.tld": { ...old, aliases: { abuse: ["old"] } },
      "domain3.tld": { aliasOf: "domain2.tld" },
    };
    expect(alias("abuse@domain3.tld", domains)?.members).toEqual(["abuse@domain2.tld"]);
  });
});

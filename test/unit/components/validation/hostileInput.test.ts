import { describe, expect, test } from "vitest";
import { renderPasswdFile } from "../../../../components/addresses/passwdText.ts";
import { resolveMailHost } from "../../../../components/resolve/resolveMailHost.ts";
import { validateMailHost } from "../../../../components/validation/validateMailHost.ts";
import { renderConfigFiles } from "../../../../shared/daemons/registry.ts";
import { formatPath } from "../../../../shared/propertyPath.ts";
import { sampleArgs } from "../sample.ts";

/** Names that a table, a daemon's configuration, a shell or a file system would take for more than a name. */
const hostileNames = [
  "%d",
  "a\\b",
  'a"b',
  "a'b",
  "a b",
  " a",
  "a ",
  "a\tb",
  "a\nb",
  "a\n",
  "a\rb",
  "a\0b",
  "#a",
  "a:b",
  "a,b",
  "a;b",
  "a`b",
  "$x",
  "{a}",
  "<a>",
  "..",
  "../a",
  "-x",
  "",
  "bücher",
  "\u0430",
  "a\u200bb",
  "a\u202eb",
];

type Path = readonly (string | number)[];

/** Settings of `example.org` beside those of the sample. */
function withDomain(domain: object) {
  return { domains: { ...sampleArgs.domains, "example.org": domain } };
}

const inDomain = ["domains", "example.org"];
const rights = { identifier: "anyone", rights: "l" };

interface Place {
  readonly args: object;
  readonly path: Path;
  readonly value?: string;
  /** Names that are nothing but a name there. */
  readonly harmless?: readonly string[];
}

/** Every place of a name: what is given there, and where the mistake is to be told. */
const places: Record<string, (name: string) => Place> = {
  hostname: (name) => ({ args: { hostname: `${name}.example` }, path: ["hostname"], value: `${name}.example` }),
  "a name of the certificate": (name) => ({
    args: { tls: { names: [`${name}.example`] } },
    path: ["tls", "names", 0],
    value: `${name}.example`,
  }),
  postmaster: (name) => ({
    args: { mail: { postmaster: `${name}@domain.tld` } },
    path: ["mail", "postmaster"],
    value: `${name}@domain.tld`,
  }),
  "a listening address": (name) => ({
    args: { postfix: { listenAddresses: [name] } },
    path: ["postfix", "listenAddresses", 0],
    value: name,
  }),
  "a network": (name) => ({
    args: { postfix: { mynetworks: [name] } },
    path: ["postfix", "mynetworks", 0],
    value: name,
  }),
  "a certificate file": (name) => ({
    args: { tls: { source: "files", certificateFile: `/etc/tls/${name}`, privateKeyFile: "/etc/tls/key.pem" } },
    path: ["tls", "certificateFile"],
    value: `/etc/tls/${name}`,
    harmless: ["-x"],
  }),
  "a key file": (name) => ({
    args: { tls: { source: "files", certificateFile: "/etc/tls/chain.pem", privateKeyFile: `/etc/tls/${name}` } },
    path: ["tls", "privateKeyFile"],
    value: `/etc/tls/${name}`,
    harmless: ["-x"],
  }),
  "a parameter of Postfix": (name) => ({
    args: { postfix: { parameters: { [name]: 1 } } },
    path: ["postfix", "parameters", name],
  }),
  "a parameter of a service": (name) => ({
    args: { postfix: { parameters: { [`submission/inet/${name}`]: 1 } } },
    path: ["postfix", "parameters", `submission/inet/${name}`],
  }),
  "a setting of Dovecot": (name) => ({
    args: { dovecot: { settings: { [name]: "1" } } },
    path: ["dovecot", "settings", name],
    harmless: ["a:b"],
  }),
  "a domain": (name) => ({
    args: { domains: { ...sampleArgs.domains, [`${name}.example`]: {} } },
    path: ["domains", `${name}.example`],
  }),
  "an alias domain": (name) => ({
    args: withDomain({ aliasOf: `${name}.example` }),
    path: [...inDomain, "aliasOf"],
    value: `${name}.example`,
  }),
  "a mailbox": (name) => ({ args: withDomain({ mailboxes: { [name]: {} } }), path: [...inDomain, "mailboxes", name] }),
  "an alias": (name) => ({
    args: withDomain({ aliases: { [name]: ["alice@domain.tld"] } }),
    path: [...inDomain, "aliases", name],
  }),
  "a member": (name) => ({
    args: withDomain({ aliases: { info: [name] } }),
    path: [...inDomain, "aliases", "info", 0],
    value: name,
  }),
  "a member elsewhere": (name) => ({
    args: withDomain({ aliases: { info: [`${name}@elsewhere.example`] } }),
    path: [...inDomain, "aliases", "info", 0],
    value: `${name}@elsewhere.example`,
  }),
  "a domain of a member": (name) => ({
    args: withDomain({ aliases: { info: { members: [`x@${name}.example`] } } }),
    path: [...inDomain, "aliases", "info", "members", 0],
    value: `x@${name}.example`,
  }),
  "a sender": (name) => ({
    args: withDomain({ aliases: { info: { members: ["alice@domain.tld"], senders: [name] } } }),
    path: [...inDomain, "aliases", "info", "senders", 0],
    value: name,
  }),
  "an address to forward to": (name) => ({
    args: withDomain({ mailboxes: { bob: { forward: [name] } } }),
    path: [...inDomain, "mailboxes", "bob", "forward", 0],
    value: name,
  }),
  "an address to send as": (name) => ({
    args: withDomain({ mailboxes: { bob: { sendAs: [`${name}@elsewhere.example`] } } }),
    path: [...inDomain, "mailboxes", "bob", "sendAs", 0],
    value: `${name}@elsewhere.example`,
  }),
  "a group": (name) => ({
    args: withDomain({ mailboxes: { bob: { aclGroups: [name] } } }),
    path: [...inDomain, "mailboxes", "bob", "aclGroups", 0],
    value: name,
  }),
  "a quota": (name) => ({ args: withDomain({ quota: `5${name}` }), path: [...inDomain, "quota"], value: `5${name}` }),
  "a folder": (name) => ({
    args: { publicFolders: { folders: [name] } },
    path: ["publicFolders", "folders", 0],
    value: name,
  }),
  "a folder of a folder": (name) => ({
    args: { publicFolders: { folders: [`Team/${name}`] } },
    path: ["publicFolders", "folders", 0],
    value: `Team/${name}`,
  }),
  "whom rights are for": (name) => ({
    args: withDomain({ acls: [{ ...rights, mailbox: "Public", identifier: `group=${name}` }] }),
    path: [...inDomain, "acls", 0, "identifier"],
    value: `group=${name}`,
  }),
  "the user that rights are for": (name) => ({
    args: withDomain({ acls: [{ ...rights, mailbox: "Public", identifier: `user=${name}@domain.tld` }] }),
    path: [...inDomain, "acls", 0, "identifier"],
    value: `user=${name}@domain.tld`,
  }),
  "rights themselves": (name) => ({
    args: withDomain({ acls: [{ ...rights, mailbox: "Public", rights: name }] }),
    path: [...inDomain, "acls", 0, "rights"],
    value: name,
  }),
};

function expectRefusal(name: string, { args, path, value, harmless = [] }: Place): void {
  const { problems } = validateMailHost({ ...sampleArgs, ...args }, undefined, new Date());
  if (harmless.includes(name)) {
    expect(problems, JSON.stringify(name)).toEqual([]);
    return;
  }
  const shown = value === undefined ? "" : `, but is ${JSON.stringify(value)}`;
  expect(problems, JSON.stringify(name)).toEqual([
    { propertyPath: formatPath(path), reason: expect.stringContaining(shown) },
  ]);
  expect(problems[0]?.reason).toMatch(/must be /);
}

test.each(Object.entries(places))("as %s every hostile name is refused with path and value", (_place, at) => {
  for (const name of hostileNames) expectRefusal(name, at(name));
});

/** Names that elsewhere are harmless; with some of them mail would go to somebody else. */
const hostileLocalParts = ["a+b", "a".repeat(65), "A", "a@b", "a/b", ".a", "_a"];

test.each(["a mailbox", "an alias", "a member", "a sender", "an address to forward to"])(
  "as %s every name that is no local part is refused",
  (place) => {
    for (const name of hostileLocalParts) {
      const at = places[place]?.(name);
      if (at !== undefined) expectRefusal(name, at);
      expect(at).toBeDefined();
    }
  },
);

describe("a name that every object of JavaScript has", () => {
  const problems = (domain: object) =>
    validateMailHost({ ...sampleArgs, ...withDomain(domain) }, undefined, new Date()).problems;

  test("is one like others", () => {
    const domain = { mailboxes: { constructor: {} }, aliases: { valueof: ["constructor"] } };
    expect(problems(domain)).toEqual([]);
    expect(problems({ aliases: { info: ["constructor"] } })).toEqual([
      expect.objectContaining({ reason: expect.stringContaining("is neither a mailbox nor an alias") }),
    ]);
  });

  test.each(["mailboxes", "aliases"])("is no name where it would change the class of the object, of %s", (kind) => {
    const own = JSON.parse('{ "__proto__": ["alice@domain.tld"] }');
    expect(problems({ [kind]: own })).toEqual([
      { propertyPath: `domains["example.org"].${kind}.__proto__`, reason: "is no name" },
    ]);
  });
});

/** As much of everything as there is. */
const full = {
  hostname: "mail.domain.tld",
  platform: "debian",
  release: "debian13",
  inetProtocols: "all",
  postfix: { listenAddresses: ["192.0.2.1"], mynetworks: ["192.0.2.0/24"] },
  dovecot: { listenAddresses: ["2001:db8::1"], authMechanisms: ["plain"] },
  packages: { postfix: "3.10*" },
  mail: {
    format: "mdbox",
    quota: "1G",
    trashExtraPercent: 5,
    defaultFolders: [{ name: "Sent", specialUse: "Sent", auto: "create" }],
    messageSizeLimit: 100_000,
    postmaster: "alice@domain.tld",
    recipientDelimiter: "+",
  },
  domains: {
    "domain.tld": {
      quota: "2G",
      mailboxes: {
        alice: { enabled: true, quota: "5G", format: "maildir", aclGroups: ["Editors"], sieve: "keep;" },
        bob: { forward: ["alice", "x@elsewhere.example"], keepCopy: false, sendAs: ["info"] },
      },
      aliases: { info: ["alice", "bob"], sales: { members: ["bob"], senders: ["alice"] }, "@": ["alice"] },
      acls: [{ mailbox: "Public/*", identifier: "anyone", rights: "lrs" }],
      publicFolders: true,
    },
    "domain1.tld": { aliasOf: "domain.tld" },
  },
  logging: { method: "files", keep: 4, stopSyslogCopy: false },
  publicFolders: { folders: ["Team"], acls: [{ mailbox: "Public", identifier: "anyone", rights: "l" }] },
  tls: { source: "self-signed", names: ["imap.domain.tld"], minimumProtocol: "TLSv1.3" },
  acceptanceCheck: false,
};

const strangers: unknown[] = [
  null,
  undefined,
  true,
  0,
  -1,
  1.5,
  Number.NaN,
  "",
  "x y",
  "%",
  [],
  {},
  [[]],
  [null],
  { x: 1 },
];

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return [path, ...keys.flatMap((key) => pathsOf(Reflect.get(value, key), [...path, key]))];
}

function replaceAt(value: unknown, [key, ...rest]: Path, stranger: unknown): unknown {
  if (key === undefined) return stranger;
  const copy: object = Array.isArray(value) ? [...value] : { ...Object(value) };
  Reflect.set(copy, key, replaceAt(Reflect.get(copy, key), rest, stranger));
  return copy;
}

test("whatever stands in place of a value, it is told as a mistake or can be rendered", () => {
  expect(validateMailHost(full, undefined, new Date()).problems).toEqual([]);
  for (const path of pathsOf(full)) {
    for (const stranger of strangers) {
      const where = `${formatPath(path)} = ${JSON.stringify(stranger)}`;
      const { valid, problems } = validateMailHost(replaceAt(full, path, stranger), undefined, new Date());
      if (valid === undefined) {
        expect(problems, where).not.toEqual([]);
        continue;
      }
      const model = resolveMailHost(valid);
      const texts = [
        ...renderConfigFiles(model).map(({ content }) => content),
        ...model.domains.map((domain) => renderPasswdFile(domain, {}, model.release.dovecot)),
      ];
      expect(texts.join(""), where).not.toMatch(/undefined|NaN|\[object/);
    }
  }
}, 60_000);

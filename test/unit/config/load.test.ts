import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { Passwords } from "../../../components/index.ts";
import { loadMailHostArgs } from "../../../config/load.ts";
import { createPasswordKey, encryptHash } from "../../../config/passwordFile.ts";
import { useTemporaryFolder } from "../../helpers/temporaryFolder.ts";
import { makeCertificate } from "../components/certificates.ts";
import { sampleHash } from "../components/sample.ts";

const hostKey = `ssh-ed25519 ${"A".repeat(68)}`;
const secretKeys = [
  "passwords",
  "passwordKey",
  "targetPrivateKey",
  "tlsPrivateKey",
  "acmeEnvironment",
  "dkimPrivateKeys",
];

const minimal = {
  hostname: "mail.domain.tld",
  target: { address: "192.0.2.1", hostKey },
  mail: { postmaster: "alice@domain.tld" },
  domains: { "domain.tld": { mailboxes: { alice: {} } } },
  passwords: { "alice@domain.tld": sampleHash },
};

const acme = { source: "acme", email: "alice@domain.tld" };

const folder = useTemporaryFolder();

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** Hands a stack configuration to the program as the engine does: texts as they are, all else as JSON. */
function configure(config: Record<string, unknown>, encrypted = secretKeys): void {
  const entries = Object.entries(config)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [
      key.includes(":") ? key : `mailhost:${key}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]);
  pulumi.runtime.setAllConfig(Object.fromEntries(entries));
  vi.stubEnv("PULUMI_CONFIG_SECRET_KEYS", JSON.stringify(encrypted.map((key) => `mailhost:${key}`)));
}

/** The mistakes of a stack configuration, without the first line of the error. */
function mistakes(config: Record<string, unknown>, encrypted = secretKeys): string[] {
  configure(config, encrypted);
  try {
    loadMailHostArgs(folder());
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(pulumi.RunError);
    return String(error)
      .split("\n")
      .slice(1)
      .map((line) => line.trim());
  }
}

function write(path: string, text: string): void {
  mkdirSync(join(folder(), path, ".."), { recursive: true });
  writeFileSync(join(folder(), path), text);
}

describe("a stack configuration", () => {
  test("becomes the arguments of a mail host, with every default", () => {
    configure(minimal);
    const args = loadMailHostArgs(folder());
    expect(args).toMatchObject({
      targetConfigKey: "target",
      target: { connection: "ssh", address: "192.0.2.1", port: 22, user: "root", hostKey },
    });
    expect(args.valid.settings).toMatchObject({
      hostname: "mail.domain.tld",
      platform: "debian",
      release: "debian13",
      inetProtocols: "ipv4",
      mail: { postmaster: "alice@domain.tld", messageSizeLimit: 20_480_000 },
      domains: { "domain.tld": { mailboxes: { alice: { enabled: true } }, aliases: {} } },
      tls: { names: [], minimumProtocol: "TLSv1.2" },
    });
    expect(args.passwords).toBeInstanceOf(Passwords);
    expect(JSON.stringify(args)).not.toContain("$6$");
  });

  test("may say that the host is this machine", () => {
    configure({ ...minimal, target: { connection: "local" } });
    expect(loadMailHostArgs(folder()).target).toEqual({ connection: "local" });
  });

  test("turns the acceptance check off", () => {
    configure({ ...minimal, acceptanceCheck: false });
    expect(loadMailHostArgs(folder()).valid.settings.acceptanceCheck).toBe(false);
  });

  test("keeps keys of other namespaces out of it", () => {
    expect(mistakes({ ...minimal, "tls:proxy": "x", "aws:region": "x" })).toEqual([]);
  });

  test("has its three secrets leave as secrets", async () => {
    const { certificate, privateKey } = await makeCertificate("mail", { names: ["mail.domain.tld"] });
    const tls = { source: "pem", certificateChain: certificate };
    configure({ ...minimal, tls, tlsPrivateKey: privateKey, targetPrivateKey: "the key" });
    const args = loadMailHostArgs(folder());
    expect(await pulumi.isSecret(pulumi.output(args.valid.settings.tls.privateKey))).toBe(true);
    const targetKey = args.target.connection === "local" ? undefined : args.target.privateKey;
    expect(await pulumi.isSecret(pulumi.output(targetKey))).toBe(true);
    expect(await pulumi.isSecret(args.passwords.linesOf(["alice@domain.tld"]))).toBe(true);
  });

  test("hands on the files of certificate and key", () => {
    const tls = { source: "files", certificateFile: "/etc/tls/chain.pem", privateKeyFile: "/etc/tls/key.pem" };
    configure({ ...minimal, tls });
    expect(loadMailHostArgs(folder()).valid.settings.tls).toEqual({ ...tls, names: [], minimumProtocol: "TLSv1.2" });
  });

  test("hands on credentials for ACME as secrets", async () => {
    const tls = { ...acme, challenge: { dns: "hetzner" } };
    configure({ ...minimal, tls, acmeEnvironment: '{"HETZNER_API_KEY": "hunter2"}' });
    const { environment = {}, ...rest } = loadMailHostArgs(folder()).valid.settings.tls;
    expect(rest).toEqual({ ...tls, names: [], minimumProtocol: "TLSv1.2" });
    expect(await pulumi.isSecret(pulumi.output(environment.HETZNER_API_KEY))).toBe(true);
  });

  test("has the defaults in Pulumi.yaml that the program has", () => {
    const { config } = parse(readFileSync(new URL("../../../Pulumi.yaml", import.meta.url), "utf8"));
    const defaults = Object.entries<{ default: unknown }>(config).map(([key, value]) => [key, value.default]);
    configure(minimal);
    const without = loadMailHostArgs(folder());
    configure({ ...Object.fromEntries(defaults), ...minimal });
    expect(defaults.every(([, value]) => value !== undefined)).toBe(true);
    expect(JSON.stringify(loadMailHostArgs(folder()))).toBe(JSON.stringify(without));
  });

  test("of the production example is without mistake but for the secrets that it cannot hold", () => {
    const root = new URL("../../..", import.meta.url).pathname;
    const { config } = parse(readFileSync(join(root, "Pulumi.prod.yaml"), "utf8"));
    const addresses = ["alice@domain.tld", "bob@domain.tld", "carol@domain.tld", "dave@domain1.tld"];
    configure({ ...config, passwords: Object.fromEntries(addresses.map((address) => [address, sampleHash])) });
    expect(loadMailHostArgs(root).valid.settings.hostname).toBe("mail.domain.tld");
  });
});

describe("rejects with path, value and what is allowed:", () => {
  const cases: [title: string, config: Record<string, unknown>, mistake: string | RegExp][] = [
    [
      "keys that sign nothing",
      { ...minimal, dkimPrivateKeys: '{"s1": "hunter2"}' },
      /^dkimPrivateKeys: is used with mailhost:dkim only/,
    ],
    [
      "a key that signs and is none",
      { ...minimal, dkim: {}, dkimPrivateKeys: '{"s1": "hunter2"}' },
      "dkimPrivateKeys.s1: is no private key in PEM form, or it is encrypted",
    ],
    [
      "keys that sign in another form",
      { ...minimal, dkim: {}, dkimPrivateKeys: "hunter2" },
      /^dkimPrivateKeys: must be a JSON object/,
    ],
    [
      "keys that sign where they would be in clear",
      { ...minimal, dkim: { privateKeys: { s1: "hunter2" } } },
      "dkim.privateKeys: is no known key; the keys are the secret mailhost:dkimPrivateKeys",
    ],
    ["signing in another form", { ...minimal, dkim: true }, /^dkim: must be a mapping with selector, previous/],
    [
      "an unknown key",
      { ...minimal, hostnme: "x" },
      'hostnme: is no known key; did you mean "hostname"? (known here: hostname, platform, release, target, targetPrivateKey, inetProtocols, postfix, dovecot, mail, domains, publicFolders, passwords, passwordFile, passwordKey, tls, tlsPrivateKey, acmeEnvironment, logging, dns, dkim, dkimPrivateKeys, acceptanceCheck, packages)',
    ],
    [
      "a platform of later",
      { ...minimal, platform: "docker" },
      /^platform: must be "debian" \("docker" is not supported yet\), but is "docker"$/,
    ],
    [
      "a switch that is neither on nor off",
      { ...minimal, acceptanceCheck: "yes" },
      'acceptanceCheck: must be true or false, but is "yes"',
    ],
    [
      "a mapping that is a text",
      { ...minimal, mail: "alice" },
      "mail: must be a mapping with format, quota, trashExtraPercent, defaultFolders, messageSizeLimit, postmaster, recipientDelimiter, but is a string",
    ],
    [
      "a file of domains that is not in a list",
      { ...minimal, domains: "mail/domains/a.yaml" },
      "domains: must be a mapping of mail domain to its mailboxes and aliases, but is a string; or give a list of files, such as [mail/domains/*.yaml]",
    ],
    [
      "a target that is none",
      { ...minimal, target: "192.0.2.1" },
      "target: must be a mapping with connection, address, port, user, hostKey, privateKeyFile, proxyJump, but is a string",
    ],
    [
      "a list in place of a mapping",
      { ...minimal, tls: [] },
      "tls: must be a mapping with source, names, minimumProtocol, certificateChain, privateKey, certificateFile, privateKeyFile, challenge, environment, email, directory, directoryCertificateAuthority, but is a list",
    ],
    [
      "no address",
      { ...minimal, target: { hostKey } },
      "target.address: must be a host name or an IP address, but is missing",
    ],
    [
      "another connection",
      { ...minimal, target: { ...minimal.target, connection: "telnet" } },
      'target.connection: must be "ssh" or "local", but is "telnet"',
    ],
    [
      "an address of this machine",
      { ...minimal, target: { connection: "local", address: "192.0.2.1" } },
      'target.address: must be left out with connection "local", but is "192.0.2.1"',
    ],
    [
      "a key to log in with on this machine",
      { ...minimal, target: { connection: "local" }, targetPrivateKey: "the key" },
      'targetPrivateKey: is used with target.connection "ssh" only, but the connection is "local": pulumi config rm mailhost:targetPrivateKey',
    ],
    [
      "a host key that is none",
      { ...minimal, target: { address: "192.0.2.1", hostKey: "SHA256:x" } },
      /^target\.hostKey: must be the public key of the host, .* but is "SHA256:x"$/,
    ],
    ...[[], [hostKey, "x"], `${hostKey}\n${hostKey}`, `${hostKey} x\n`].map(
      (key): [string, Record<string, unknown>, RegExp] => [
        `${JSON.stringify(key)} as host key`,
        { ...minimal, target: { ...minimal.target, hostKey: key } },
        /^target\.hostKey: must be the public key of the host, /,
      ],
    ),
    ...["root\n", "-x", "a b", "$x", "", "Root"].map((user): [string, Record<string, unknown>, RegExp] => [
      `${JSON.stringify(user)} as user`,
      { ...minimal, target: { ...minimal.target, user } },
      /^target\.user: must be a user name, but is /,
    ]),
    ...["192.0.2.1\n", "-oProxyCommand=x", "a b", "root@192.0.2.1", "", "192.0.2.1:22"].map(
      (address): [string, Record<string, unknown>, RegExp] => [
        `${JSON.stringify(address)} as address`,
        { ...minimal, target: { ...minimal.target, address } },
        /^target\.address: must be a host name or an IP address, but is /,
      ],
    ),
    [
      "a port out of range",
      { ...minimal, target: { ...minimal.target, port: 70_000 } },
      "target.port: must be a TCP port: a whole number from 1 to 65535, but is 70000",
    ],
    [
      "a jump host without a user",
      { ...minimal, target: { ...minimal.target, proxyJump: { address: "192.0.2.2", hostKey } } },
      "target.proxyJump.user: must be a user name, but is missing",
    ],
    [
      "a jump host without its key",
      { ...minimal, target: { ...minimal.target, proxyJump: { address: "192.0.2.2", user: "ops" } } },
      /^target\.proxyJump\.hostKey: must be the public key of the host, .* but is missing$/,
    ],
    [
      "a jump host to this machine",
      { ...minimal, target: { connection: "local", proxyJump: { address: "192.0.2.2", user: "ops", hostKey } } },
      /^target\.proxyJump: must be left out with connection "local", but is /,
    ],
    [
      "a private key in the target",
      { ...minimal, target: { ...minimal.target, privateKey: "x" } },
      /^target\.privateKey: is no known key; did you mean "privateKeyFile"\?|^target\.privateKey: is no known key/,
    ],
    [
      "no passwords",
      { ...minimal, passwords: undefined },
      "passwords: must be a JSON object of address to {SCHEME}hash, set by: npm run password -- ADDRESS; or give mailhost:passwordFile the path of a file, but is missing",
    ],
    [
      "passwords that are no JSON, without showing them",
      { ...minimal, passwords: "hunter2" },
      "passwords: must be a JSON object of address to {SCHEME}hash, set by: npm run password -- ADDRESS",
    ],
    [
      "a plain password, without showing it",
      { ...minimal, passwords: { "alice@domain.tld": "hunter2" } },
      /^passwords\["alice@domain\.tld"\]: must begin with its scheme/,
    ],
    [
      "a mailbox without password",
      { ...minimal, passwords: {} },
      /^domains\["domain\.tld"\]\.mailboxes\.alice: has no password/,
    ],
    [
      "credentials for ACME in clear",
      { ...minimal, tls: { environment: { HETZNER_API_KEY: "hunter2" } } },
      "tls.environment: is no known key; the variables are the secret mailhost:acmeEnvironment",
    ],
    [
      "credentials for ACME in another form",
      { ...minimal, tls: { ...acme, challenge: { dns: "hetzner" } }, acmeEnvironment: "hunter2" },
      /^acmeEnvironment: must be a mapping of environment variable to its value/,
    ],
    [
      "credentials for ACME without ACME",
      { ...minimal, acmeEnvironment: '{"HETZNER_API_KEY": "hunter2"}' },
      'acmeEnvironment: is used with tls.source "acme" only, but the source is "self-signed"',
    ],
    [
      "a challenge by DNS without credentials",
      { ...minimal, tls: { ...acme, challenge: { dns: "hetzner" } } },
      "acmeEnvironment: is missing: credentials of hetzner, see https://go-acme.github.io/lego/dns/hetzner/",
    ],
    [
      "a key of TLS in clear",
      { ...minimal, tls: { privateKey: "hunter2" } },
      /^tls\.privateKey: is no known key; the key is the secret mailhost:tlsPrivateKey$/,
    ],
    [
      "a key of TLS that nobody uses",
      { ...minimal, tlsPrivateKey: "x" },
      'tlsPrivateKey: is used with tls.source "pem" only, but the source is "self-signed"',
    ],
    [
      "a key of TLS that is missing",
      { ...minimal, tls: { source: "pem", certificateChain: "x" } },
      'tlsPrivateKey: is missing, and tls.source "pem" needs it',
    ],
  ];
  test.each(cases)("%s", (_title, config, mistake) => {
    const found = mistakes(config);
    expect(found).toEqual([typeof mistake === "string" ? mistake : expect.stringMatching(mistake)]);
    expect(found.join()).not.toContain("hunter2");
  });

  test("a secret that is not encrypted", () => {
    const encryptIt = (key: string) =>
      `${key}: must be encrypted: take it out of the file and set it by "pulumi config set --secret mailhost:${key}"`;
    expect(mistakes({ ...minimal, targetPrivateKey: "the key" }, [])).toEqual([
      encryptIt("targetPrivateKey"),
      encryptIt("passwords"),
    ]);
    expect(mistakes({ ...minimal, tlsPrivateKey: "x" }, ["passwords"])).toContain(encryptIt("tlsPrivateKey"));
  });

  test("a configuration that is too large, with the keys that make it small", () => {
    const mailboxes = Object.fromEntries(Array.from({ length: 8000 }, (_, index) => [`user${index}`, {}]));
    expect(mistakes({ ...minimal, domains: { "domain.tld": { mailboxes } } })).toEqual([
      expect.stringMatching(
        /^the stack configuration has \d+ KB, more than 100 KB.*mailhost:domains.*mailhost:passwordFile/,
      ),
    ]);
  });

  test("everything at once, in the order of reading", () => {
    const config = {
      ...minimal,
      hostname: "mail",
      target: { address: "192.0.2.1" },
      passwords: {},
      tlsPrivateKey: "x",
      typo: "",
    };
    expect(mistakes(config).map((mistake) => mistake.slice(0, mistake.indexOf(": ")))).toEqual([
      "typo",
      "target.hostKey",
      "hostname",
      "tlsPrivateKey",
      'domains["domain.tld"].mailboxes.alice',
    ]);
  });
});

describe("passwords in a file", () => {
  const key = createPasswordKey();
  const config = { ...minimal, passwords: undefined, passwordFile: "mail/passwords.yaml", passwordKey: key };
  const encrypted = `alice@domain.tld: ${encryptHash("alice@domain.tld", sampleHash, key)}\n`;

  test("are read with the key, relative to the project's directory", () => {
    write("mail/passwords.yaml", encrypted);
    configure(config);
    const { passwords } = loadMailHostArgs(folder());
    expect(passwords.addresses).toEqual(["alice@domain.tld"]);
  });

  test("count together with those of the secret", () => {
    const domains = { "domain.tld": { mailboxes: { alice: {}, bob: {} } } };
    write("mail/passwords.yaml", encrypted);
    expect(mistakes({ ...config, domains, passwords: { "bob@domain.tld": sampleHash } })).toEqual([]);
  });

  test("must not be those of the secret", () => {
    write("mail/passwords.yaml", encrypted);
    expect(mistakes({ ...config, passwords: minimal.passwords })).toEqual([
      'passwordFile["alice@domain.tld"]: is in mailhost:passwords too; take it out of one of the two',
    ]);
  });

  test("in clear are taken with a warning that does not show them", () => {
    const warn = vi.spyOn(pulumi.log, "warn").mockResolvedValue();
    write("mail/passwords.yaml", `alice@domain.tld: "${sampleHash}"\n`);
    expect(mistakes({ ...config, passwordKey: undefined })).toEqual([]);
    expect(warn.mock.calls.join()).toMatch(
      /^mail\/passwords\.yaml holds password hashes in clear, of alice@domain\.tld: /,
    );
    expect(warn.mock.calls.join()).not.toContain("$6$");
  });

  test("of nobody are told of where they stand", () => {
    write("mail/passwords.yaml", `${encrypted}bbo@domain.tld: ${encryptHash("bbo@domain.tld", sampleHash, key)}\n`);
    expect(mistakes(config)).toEqual([
      'passwordFile["bbo@domain.tld"]: is the password of no mailbox: add the mailbox, or remove it by "npm run password -- bbo@domain.tld --remove"',
    ]);
  });

  test.each([
    ["that is missing", undefined, {}, /^passwordFile: cannot be read: ENOENT/],
    ["that is not YAML", "a: [\n", {}, /^passwordFile: is not YAML/],
    [
      "of another key",
      encrypted,
      { passwordKey: createPasswordKey() },
      /^passwordFile\["alice@domain\.tld"\]: cannot be decrypted/,
    ],
    ["without its key", encrypted, { passwordKey: undefined }, /^passwordKey: is not set/],
    [
      "with a weak hash",
      'alice@domain.tld: "{SSHA}hunter2"\n',
      {},
      /^passwordFile\["alice@domain\.tld"\]: uses \{SSHA\}/,
    ],
  ])("reject a file %s", (_title, text, more, mistake) => {
    vi.spyOn(pulumi.log, "warn").mockResolvedValue();
    if (text !== undefined) write("mail/passwords.yaml", text);
    const found = mistakes({ ...config, ...more });
    // And not each mailbox for having no password.
    expect(found).toEqual([expect.stringMatching(mistake)]);
    expect(found.join()).not.toContain("hunter2");
  });

  test("need no key where there is no file", () => {
    expect(mistakes({ ...minimal, passwordKey: key })).toEqual([
      "passwordKey: is used with mailhost:passwordFile only, which is not set: pulumi config rm mailhost:passwordKey",
    ]);
  });

  test("need a key that is encrypted", () => {
    write("mail/passwords.yaml", encrypted);
    expect(mistakes(config, ["passwords"])).toEqual([expect.stringMatching(/^passwordKey: must be encrypted/)]);
  });
});

describe("a Sieve script in a file", () => {
  const withScript = (sieve: unknown) => ({
    ...minimal,
    domains: { "domain.tld": { mailboxes: { alice: { sieve } } } },
  });

  test("is read, relative to the project's directory", () => {
    write("mail/alice.sieve", "keep;\n");
    configure(withScript({ file: "mail/alice.sieve" }));
    expect(loadMailHostArgs(folder()).valid.settings.domains["domain.tld"]?.mailboxes.alice?.sieve).toBe("keep;\n");
  });

  test("may be the text itself", () => {
    configure(withScript("discard;"));
    expect(loadMailHostArgs(folder()).valid.settings.domains["domain.tld"]?.mailboxes.alice?.sieve).toBe("discard;");
  });

  test("is read, or missing, for each mailbox of one anchor of YAML", () => {
    const config = { ...minimal, domains: ["mail/domains.yaml"] };
    const domains = (file: string) => `
domain.tld:
  mailboxes:
    alice: {}
    bob: &disabled { enabled: false, sieve: { file: ${file} } }
    carol: *disabled
`;
    write("mail/alice.sieve", "keep;\n");
    write("mail/domains.yaml", domains("mail/alice.sieve"));
    configure(config);
    const { bob, carol } = loadMailHostArgs(folder()).valid.settings.domains["domain.tld"]?.mailboxes ?? {};
    expect([bob?.sieve, carol?.sieve]).toEqual(["keep;\n", "keep;\n"]);
    write("mail/domains.yaml", domains("mail/none.sieve"));
    const missing = (user: string) =>
      expect.stringMatching(
        `^domains\\["domain\\.tld"\\]\\.mailboxes\\.${user}\\.sieve\\.file: cannot be read: .* \\(in mail/domains\\.yaml\\)$`,
      );
    expect(mistakes(config)).toEqual([missing("bob"), missing("carol")]);
  });

  test.each([
    [{ file: "mail/none.sieve" }, /^domains\["domain\.tld"\]\.mailboxes\.alice\.sieve\.file: cannot be read: ENOENT/],
    [{ file: "mail/binary.sieve" }, /^domains\["domain\.tld"\]\.mailboxes\.alice\.sieve\.file: is not text in UTF-8$/],
    [{ file: "mail/\0.sieve" }, /^domains\["domain\.tld"\]\.mailboxes\.alice\.sieve\.file: cannot be read: /],
    [
      "keep;\0",
      /^domains\["domain\.tld"\]\.mailboxes\.alice\.sieve: must be the text of a Sieve script, but is "keep;/,
    ],
    [{ path: "x" }, /^domains\["domain\.tld"\]\.mailboxes\.alice\.sieve: must be the text of a Sieve script/],
  ])("is refused where it is %j", (sieve, mistake) => {
    mkdirSync(join(folder(), "mail"), { recursive: true });
    writeFileSync(join(folder(), "mail/binary.sieve"), Buffer.from("keep; # M\xfcller", "latin1"));
    expect(mistakes(withScript(sieve))).toEqual([expect.stringMatching(mistake)]);
  });
});

describe("domains in files", () => {
  const config = { ...minimal, domains: ["mail/domains/*.yaml"] };

  test("are read together, whatever their number", () => {
    write("mail/domains/a.yaml", "domain.tld:\n  mailboxes: { alice: {} }\n");
    write("mail/domains/b.yaml", "domain1.tld:\ndomain2.tld:\n  aliases: { info: [alice@domain.tld] }\n");
    configure(config);
    expect(Object.keys(loadMailHostArgs(folder()).valid.settings.domains)).toEqual([
      "domain.tld",
      "domain1.tld",
      "domain2.tld",
    ]);
  });

  test("are relative to where the program runs, where the engine does not tell the project's directory", () => {
    write("mail/domains/a.yaml", "domain.tld:\n  mailboxes: { alice: {} }\n");
    configure(config);
    vi.spyOn(process, "cwd").mockReturnValue(folder());
    expect(Object.keys(loadMailHostArgs().valid.settings.domains)).toEqual(["domain.tld"]);
  });

  test("are read once where two patterns find the same file", () => {
    write("mail/domains/a.yaml", "domain.tld:\n  mailboxes: { alice: {} }\n");
    expect(mistakes({ ...config, domains: ["mail/domains/a.yaml", "mail/domains/*.yaml"] })).toEqual([]);
  });

  test("name their file in each mistake", () => {
    write("mail/domains/a.yaml", "domain.tld:\n  mailboxes: { alice: {}, bob: { quota: 1 } }\n");
    expect(mistakes(config)).toEqual([
      expect.stringMatching(/^domains\["domain\.tld"\]\.mailboxes\.bob\.quota: .* is 1 \(in mail\/domains\/a\.yaml\)$/),
      'domains["domain.tld"].mailboxes.bob: has no password: set it by "npm run password -- bob@domain.tld", or set enabled: false (in mail/domains/a.yaml)',
    ]);
  });

  test("must not have the same domain in two of them", () => {
    write("mail/domains/a.yaml", "domain.tld:\n  mailboxes: { alice: {} }\n");
    write("mail/domains/b.yaml", "domain.tld:\n  mailboxes: { alice: {} }\n");
    expect(mistakes(config)).toEqual([
      'domains["domain.tld"]: is in two files: mail/domains/a.yaml and mail/domains/b.yaml',
    ]);
  });

  test.each([
    ["that is missing", undefined, /^domains\[1\]: "mail\/more\.yaml" matches no file \(from \/.*\)$/],
    ["that is empty", "", "domains[1]: mail/more.yaml is empty; it must map mail domains to mailboxes and aliases"],
    [
      "that is a comment alone",
      "# later\n",
      "domains[1]: mail/more.yaml is empty; it must map mail domains to mailboxes and aliases",
    ],
    [
      "that is no mapping",
      "- domain.tld\n",
      "domains[1]: mail/more.yaml must be a mapping of mail domain to its mailboxes and aliases",
    ],
    ["that is not YAML", "a: [\n", /^domains\[1\]: mail\/more\.yaml is not YAML: .* at line 2, column 1$/],
    [
      "with an alias of YAML that there is none of",
      "a.tld: *office\n",
      "domains[1]: mail/more.yaml is not YAML: Unresolved alias (the anchor must be set before the alias): office",
    ],
    [
      "with a key that is no text",
      "? [a.tld]\n: {}\n",
      "domains[1]: mail/more.yaml is not YAML: all keys must be strings at line 1, column 3",
    ],
    ...["a.tld: &a { mailboxes: *a }\n", "a.tld: { aliases: { info: &i [*i] } }\n", "&r\na.tld: *r\n"].map(
      (text): [string, string, string] => [
        `that goes round in a circle: ${JSON.stringify(text)}`,
        text,
        "domains[1]: mail/more.yaml has an alias of YAML that contains itself",
      ],
    ),
    [
      "whose aliases of YAML multiply",
      `${["a", "b", "c", "d", "e"].map((name, index, names) => `${name}: &${name} [${`${index === 0 ? "x" : `*${names[index - 1]}`}, `.repeat(20)}]\n`).join("")}`,
      "domains[1]: mail/more.yaml has aliases of YAML that stand for more than 10000 values; write them out",
    ],
    [
      "with a key twice",
      "a.tld: {}\na.tld: {}\n",
      /^domains\[1\]: mail\/more\.yaml is not YAML: Map keys must be unique at line 2, column 1$/,
    ],
    [
      "with a key that is no name",
      "__proto__: { mailboxes: {} }\n",
      "domains.__proto__: is no name (in mail/more.yaml)",
    ],
    [
      "with a list as domain",
      "a.tld: []\n",
      'domains["a.tld"]: must be a mapping with aliasOf, mailboxes, aliases, quota, acls, publicFolders, but is a list (in mail/more.yaml)',
    ],
  ])("reject a file %s", (_title, text, mistake) => {
    write("mail/domains/a.yaml", "domain.tld:\n  mailboxes: { alice: {} }\n");
    if (text !== undefined) write("mail/more.yaml", text);
    expect(mistakes({ ...config, domains: ["mail/domains/*.yaml", "mail/more.yaml"] })).toEqual([
      typeof mistake === "string" ? mistake : expect.stringMatching(mistake),
    ]);
  });

  test("hold names as they are written, also those that look like a number", () => {
    const aliases = "{ 0800: [alice], 1e3: [alice], 1.0: [alice] }";
    write(
      "mail/domains/a.yaml",
      `domain.tld:\n  mailboxes: { alice: {}, 007: { quota: 5G } }\n  aliases: ${aliases}\n`,
    );
    configure({ ...config, passwords: { ...minimal.passwords, "007@domain.tld": sampleHash } });
    const { "domain.tld": domain } = loadMailHostArgs(folder()).valid.settings.domains;
    expect(Object.keys(domain?.mailboxes ?? {})).toEqual(["alice", "007"]);
    expect(Object.keys(domain?.aliases ?? {})).toEqual(["0800", "1e3", "1.0"]);
  });

  test("may say once what holds for many mailboxes", () => {
    const names = Array.from({ length: 150 }, (_, index) => `user${index}`);
    const mailboxes = names.map((name) => `    ${name}: { enabled: false, quota: *q }\n`).join("");
    write("mail/domains/a.yaml", `domain.tld:\n  quota: &q 5G\n  mailboxes:\n    alice: {}\n${mailboxes}`);
    expect(mistakes(config)).toEqual([]);
  });

  test("that cannot be read do not leave passwords without a mailbox", () => {
    write("mail/domains/a.yaml", "domain.tld:\n  mailboxes: { alice: {} }\n");
    write("mail/domains/b.yaml", "- bob\n");
    expect(mistakes({ ...config, passwords: { ...minimal.passwords, "bob@domain1.tld": sampleHash } })).toEqual([
      "domains[0]: mail/domains/b.yaml must be a mapping of mail domain to its mailboxes and aliases",
    ]);
  });

  test("that cannot be read are not missed where others name them", () => {
    write("mail/domains/a.yaml", "domain1.tld:\n  mailboxes: { alice: {} }\ndomain2.tld:\n  aliasOf: domain.tld\n");
    write("mail/domains/b.yaml", "domain.tld:\n  mailboxes: { alice: {}\n");
    const acls = (user: string) => [{ mailbox: "Public", identifier: `user=${user}`, rights: "l" }];
    const others = { ...config, passwords: { "alice@domain1.tld": sampleHash } };
    expect(mistakes({ ...others, publicFolders: { acls: acls("bob@domain.tld") } })).toEqual([
      expect.stringMatching(/^domains\[0\]: mail\/domains\/b\.yaml is not YAML/),
    ]);
    expect(mistakes({ ...others, publicFolders: { acls: acls("bob@domain1.tld") } })).toEqual([
      expect.stringMatching(/^domains\[0\]: mail\/domains\/b\.yaml is not YAML/),
      'publicFolders.acls[0].identifier: "user=bob@domain1.tld" names no mailbox of this host',
    ]);
  });

  test("that cannot be read leave no mistake of their own to a configuration without others", () => {
    write("mail/domains/a.yaml", "- bob\n");
    expect(mistakes(config)).toEqual([
      "domains[0]: mail/domains/a.yaml must be a mapping of mail domain to its mailboxes and aliases",
    ]);
  });

  test("must be in a list that is not empty", () => {
    expect(mistakes({ ...config, domains: [] })).toEqual([
      "domains: must be a mapping with at least one mail domain, but is {}; or give a list of files, such as [mail/domains/*.yaml]",
    ]);
  });

  test("reject a list that holds something else than paths", () => {
    write("mail/domains/a.yaml", "domain.tld:\n  mailboxes: { alice: {} }\n");
    expect(mistakes({ ...config, domains: [{ "domain.tld": {} }, "m/\0x", "none", "mail/domains/*.yaml"] })).toEqual([
      "domains[0]: must be the path of a file, such as mail/domains/*.yaml",
      "domains[1]: must be the path of a file, such as mail/domains/*.yaml",
      expect.stringMatching(/^domains\[2\]: "none" matches no file/),
    ]);
  });
});

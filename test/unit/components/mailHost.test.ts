import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { MailHostArgs } from "../../../components/index.ts";
import { certificateFingerprint, hashFingerprint } from "../../../resources/index.ts";
import { makeCertificate } from "./certificates.ts";
import { sampleArgs, sampleHash } from "./sample.ts";

const names = ["mail.domain.tld"];
const self = await makeCertificate("mail.domain.tld", { names, to: 90.5 });
/** Of an authority that nobody knows. */
const issuedBy = await makeCertificate("authority", { to: 400 });
const issued = await makeCertificate("mail.domain.tld", { names, issuer: issuedBy, to: 90.5 });
/** A key pair that is given, with the authority in its chain. */
const withAuthority = {
  certificateChain: `${issued.certificate}\n${issuedBy.certificate}\n`,
  privateKey: issued.privateKey,
};

/** What the providers would compute. */
const initiallyComputed: Record<string, object> = {
  "tls:index/privateKey:PrivateKey": { privateKeyPem: self.privateKey, privateKeyPemPkcs8: self.privateKey },
  "tls:index/selfSignedCert:SelfSignedCert": { certPem: "the certificate of the authority" },
  "mailhost:host:ServerCertificate": {
    privateKey: self.privateKey,
    certificateChain: self.certificate,
    certificateAuthority: "the certificate of the authority",
  },
  "mailhost:host:Packages": {
    system: "Debian GNU/Linux 13 (trixie)",
    versions: { postfix: "3.10.5-1", "dovecot-core": "1:2.4.1-6", "postfix-lmdb": "3.10.5-1" },
  },
  "mailhost:host:CertificateFiles": { certificateChain: self.certificate },
  "mailhost:host:AcmeCertificate": { certificateChain: issued.certificate },
  "mailhost:host:ConfigSet": { hostId: "0123456789abcdef" },
};

const computed: Record<string, object> = {};

/** Name to type and inputs of what the engine was asked to register. */
const registered = new Map<string, { type: string; inputs: Record<string, unknown> }>();

await pulumi.runtime.setMocks(
  {
    newResource: ({ name, type, inputs }) => {
      registered.set(name, { type, inputs });
      return { id: `${name}-id`, state: { ...inputs, ...computed[type] } };
    },
    call: () => ({}),
  },
  "mailhost",
  "test",
);

const { MailHost } = await import("../../../components/index.ts");

const passwords = {
  "alice@domain.tld": sampleHash,
  "bob@domain.tld": sampleHash.replace("saltsalt", "othersalt"),
  "dave@domain1.tld": sampleHash.replace("saltsalt", "thirdsalt"),
  // of a disabled mailbox: it stays on the operator's machine
  "old@domain.tld": sampleHash.replace("saltsalt", "fourthsalt"),
};

const target = { address: "192.0.2.1", hostKey: "ssh-ed25519 AAAA" };
const base: MailHostArgs = { ...sampleArgs, target, passwords };

/** Name to the names of the resources that it waits for. */
const order = new Map<string, string[]>();

/** Makes a mail host and waits until each of its children is registered. */
async function construct(args: MailHostArgs = base): Promise<InstanceType<typeof MailHost>> {
  const names = new Map<pulumi.Resource, string>();
  const host = new MailHost("mail", args, {
    transformations: [
      ({ name, resource, opts }) => {
        names.set(resource, name);
        const awaited = Array.isArray(opts.dependsOn) ? opts.dependsOn : [opts.dependsOn];
        order.set(
          name,
          awaited.flatMap((other) => (pulumi.Resource.isInstance(other) ? (names.get(other) ?? []) : [])),
        );
        return undefined;
      },
    ],
  });
  await Promise.all([...names.keys()].map((resource) => promiseOf(resource.urn)));
  return host;
}

function promiseOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply(resolve));
}

beforeEach(() => {
  Object.assign(computed, initiallyComputed);
  registered.clear();
  order.clear();
});

/** An input of a registered resource. */
function input(name: string, key: string): unknown {
  return registered.get(name)?.inputs[key];
}

/** All inputs of all resources without those that are secret, as text. */
function plainInputs(): string {
  return JSON.stringify([...registered], (_key, value: unknown) =>
    pulumi.runtime.isRpcSecret(value) ? "[secret]" : value,
  );
}

const configuration = "mail-configuration";
const certificateFile = "/etc/ssl/private/mailhost.pem";

describe("a mail host", () => {
  test("registers each of its children under a name of its own", async () => {
    await construct();
    expect(Object.fromEntries([...registered].map(([name, { type }]) => [name, type]))).toEqual({
      mail: "mailhost:index:MailHost",
      "mail-host": "pulumi:providers:mailhost",
      "mail-packages": "mailhost:host:Packages",
      "mail-vmail": "mailhost:host:Account",
      "mail-doveauth": "mailhost:host:Account",
      "mail-tree": "mailhost:host:DirectoryTree",
      "mail-tables": "mailhost:mail:VirtualTables",
      "mail-tls": "mailhost:index:TlsCertificate",
      "mail-tls-authority-key": "tls:index/privateKey:PrivateKey",
      "mail-tls-authority": "tls:index/selfSignedCert:SelfSignedCert",
      "mail-tls-server-certificate": "mailhost:host:ServerCertificate",
      "mail-configuration": "mailhost:host:ConfigSet",
      "mail-rsyslog": "mailhost:host:Service",
      "mail-logrotate": "mailhost:host:Service",
      "mail-postfix": "mailhost:host:Service",
      "mail-postfix-chroot": "mailhost:host:ChrootFiles",
      "mail-postfix-chroot-watcher": "mailhost:host:Service",
      "mail-dovecot": "mailhost:host:Service",
      "mail-acceptance-check": "command:local:Command",
    });
    expect(registered.get("mail")?.inputs).toEqual({});
  });

  test("waits with each step for the one before, and with Dovecot for Postfix", async () => {
    await construct();
    expect(Object.fromEntries(order)).toMatchObject({
      "mail-packages": [],
      "mail-vmail": ["mail-packages"],
      "mail-doveauth": ["mail-packages"],
      "mail-tree": ["mail-packages", "mail-vmail", "mail-doveauth"],
      "mail-tables": ["mail-tree"],
      "mail-configuration": ["mail-tables"],
      "mail-postfix": ["mail-configuration"],
      "mail-postfix-chroot": ["mail-postfix"],
      "mail-postfix-chroot-watcher": ["mail-postfix"],
      "mail-dovecot": ["mail-configuration", "mail-postfix"],
      "mail-acceptance-check": ["mail-postfix", "mail-dovecot"],
    });
  });

  test("gives both accounts, the tree and the packages what the reference host has", async () => {
    await construct();
    expect(registered.get("mail-vmail")?.inputs).toEqual({
      name: "vmail",
      uid: 5000,
      group: "vmail",
      gid: 5000,
      home: "/var/vmail",
      shell: "/usr/sbin/nologin",
    });
    expect(registered.get("mail-doveauth")?.inputs).toEqual({
      name: "doveauth",
      group: "dovecot",
      home: "/nonexistent",
      shell: "/usr/sbin/nologin",
    });
    expect(registered.get("mail-tree")?.inputs).toEqual({
      root: "/var/vmail",
      directories: {
        "/var/vmail": "root:root 0755",
        "/var/vmail/auth.d": "doveauth:dovecot 0500",
        "/var/vmail/auth.d/domain.tld": "doveauth:dovecot 0500",
        "/var/vmail/auth.d/domain1.tld": "doveauth:dovecot 0500",
        "/var/vmail/conf.d": "vmail:vmail 0500",
        "/var/vmail/public": "vmail:vmail 2700",
        "/var/vmail/conf.d/domain.tld": "vmail:vmail 0500",
        "/var/vmail/conf.d/domain1.tld": "vmail:vmail 0500",
        "/var/vmail/domain.tld": "vmail:vmail 2700",
        "/var/vmail/domain1.tld": "vmail:vmail 2700",
      },
    });
    expect(Object.keys(Object(input("mail-packages", "packages")))).toEqual([
      "dovecot-core",
      "dovecot-imapd",
      "dovecot-lmtpd",
      "dovecot-sieve",
      "logrotate",
      "postfix",
      "postfix-lmdb",
      "rsyslog",
    ]);
  });

  test("has attributes for every file, plain or secret", async () => {
    await construct();
    expect(input(configuration, "attributes")).toEqual({
      "/etc/dovecot/dovecot.conf": "root:root 0644",
      "/etc/logrotate.d/dovecot": "root:root 0644",
      "/etc/rsyslog.d/10-dovecot.conf": "root:root 0644",
      "/etc/systemd/system/dovecot.service.d/mailhost.conf": "root:root 0644",
      "/etc/systemd/system/postfix.service.d/mailhost.conf": "root:root 0644",
      "/etc/systemd/system/mailhost-postfix-chroot.service": "root:root 0644",
      "/etc/systemd/system/postfix-resolvconf.path.d/mailhost.conf": "root:root 0644",
      "/etc/systemd/system/postfix-resolvconf.service.d/mailhost.conf": "root:root 0644",
      "/etc/postfix/header_checks": "root:root 0644",
      "/etc/postfix/local_aliases": "root:root 0644",
      "/etc/postfix/main.cf": "root:root 0644",
      "/etc/postfix/master.cf": "root:root 0644",
      [certificateFile]: "root:root 0600",
    });
    expect(Object.keys(Object(input(configuration, "files")))).toHaveLength(12);
  });

  test("names the sockets that must listen", async () => {
    await construct();
    expect(input(configuration, "steps")).toEqual({
      rsyslog: {},
      logrotate: {},
      postfix: { listen: ["*:25", "*:587"] },
      dovecot: { listen: ["*:143"] },
    });
    await construct({
      ...base,
      inetProtocols: "all",
      postfix: { listenAddresses: ["192.0.2.1", "2001:db8::1"] },
      dovecot: { listenAddresses: ["192.0.2.1"] },
    });
    expect(input(configuration, "steps")).toEqual({
      rsyslog: {},
      logrotate: {},
      postfix: { listen: ["192.0.2.1:25", "192.0.2.1:587", "[2001:db8::1]:25", "[2001:db8::1]:587"] },
      dovecot: { listen: ["192.0.2.1:143"] },
    });
    await construct({
      ...base,
      postfix: { submissions: true },
      dovecot: { imaps: true, listenAddresses: ["192.0.2.1"] },
    });
    expect(input(configuration, "steps")).toMatchObject({
      postfix: { listen: ["*:25", "*:587"], tlsListen: ["*:465"] },
      dovecot: { listen: ["192.0.2.1:143"], tlsListen: ["192.0.2.1:993"] },
    });
  });

  test("hands the connection to its provider, and the configuration key only where it is told to", async () => {
    await construct();
    expect(registered.get("mail-host")?.inputs).toEqual({ ...target, release: "debian13" });
    await construct({ ...base, targetConfigKey: "target", target: { ...target, privateKey: "the key" } });
    expect(input("mail-host", "configKey")).toBe("target");
    expect(pulumi.runtime.isRpcSecret(input("mail-host", "privateKey"))).toBe(true);
  });

  test("tells where its services are and how many addresses each domain has", async () => {
    const host = await construct();
    expect(await promiseOf(host.hostname)).toBe("mail.domain.tld");
    expect(await promiseOf(host.endpoints)).toEqual({
      imap: { host: "mail.domain.tld", port: 143 },
      submission: { host: "mail.domain.tld", port: 587 },
      smtp: { host: "mail.domain.tld", port: 25 },
    });
    expect(await promiseOf(host.domains)).toEqual({
      "domain.tld": { mailboxes: 3, aliases: 4 },
      "domain1.tld": { mailboxes: 1, aliases: 1 },
    });
    expect(await promiseOf(host.certificateAuthority)).toBe("the certificate of the authority");
  });

  test("tells of submissions and imaps where they are on", async () => {
    const host = await construct({ ...base, postfix: { submissions: true }, dovecot: { imaps: true } });
    expect(await promiseOf(host.endpoints)).toMatchObject({
      imaps: { host: "mail.domain.tld", port: 993 },
      submissions: { host: "mail.domain.tld", port: 465 },
    });
  });

  test("tells the address of a service that not every address of the host has", async () => {
    const host = await construct({ ...base, postfix: { listenAddresses: ["192.0.2.2", "192.0.2.3"] } });
    expect(await promiseOf(host.endpoints)).toEqual({
      imap: { host: "mail.domain.tld", port: 143 },
      submission: { host: "mail.domain.tld", port: 587, address: "192.0.2.2" },
      smtp: { host: "mail.domain.tld", port: 25, address: "192.0.2.2" },
    });
  });

  test("tells the versions that are on the host", async () => {
    const host = await construct();
    expect(await promiseOf(host.versions)).toEqual({
      debian: "Debian GNU/Linux 13 (trixie)",
      postfix: "3.10.5-1",
      dovecot: "1:2.4.1-6",
    });
    expect(await pulumi.isSecret(host.versions)).toBe(false);
  });
});

describe("passwords", () => {
  const hashes = Object.entries(passwords)
    .filter(([address]) => address !== "old@domain.tld")
    .map(([address, hash]) => `${address} ${hash}\n`)
    .join("");

  test.each([
    ["a plain value", passwords],
    ["an output", pulumi.secret(passwords)],
    ["a promise", Promise.resolve(passwords)],
  ])("given as %s, are hashes in one secret and fingerprints elsewhere", async (_form, passwords) => {
    await construct({ ...base, passwords });
    const secret = input("mail-tables", "hashes");
    expect(pulumi.runtime.isRpcSecret(secret)).toBe(true);
    expect(pulumi.runtime.unwrapRpcSecret(secret)).toBe(hashes);
    expect(input("mail-tables", "users")).toEqual({
      "domain.tld": [
        `alice@domain.tld:${hashFingerprint(sampleHash)}:5000:5000::/var/vmail/domain.tld/alice\n`,
        `bob@domain.tld:${hashFingerprint(sampleHash.replace("saltsalt", "othersalt"))}:5000:5000::/var/vmail/domain.tld/bob\n`,
        "old@domain.tld:!:5000:5000::/var/vmail/domain.tld/old\n",
      ].join(""),
      "domain1.tld": `dave@domain1.tld:${hashFingerprint(sampleHash.replace("saltsalt", "thirdsalt"))}:5000:5000::/var/vmail/domain1.tld/dave\n`,
    });
    expect(plainInputs()).not.toContain("$6$");
  });

  test("that are weak or missing stop the program before anything is registered", () => {
    const weak = { ...passwords, "alice@domain.tld": "{SSHA}c2VjcmV0", "bob@domain.tld": undefined };
    expect(() => new MailHost("mail", { ...base, passwords: JSON.parse(JSON.stringify(weak)) })).toThrow(
      /^2 mistakes in the configuration of the mail host.*\n {2}domains\["domain.tld"\].mailboxes.bob: has no password.*\n {2}passwords\["alice@domain.tld"\]: uses \{SSHA\}/,
    );
    expect(registered.size).toBe(0);
  });
});

describe("key and certificate", () => {
  const bundle = `${self.privateKey.trim()}\n${self.certificate.trim()}\n`;

  test("are one secret file and a fingerprint that is none", async () => {
    await construct();
    const secret = input(configuration, "secretFiles");
    expect(pulumi.runtime.isRpcSecret(secret)).toBe(true);
    expect(pulumi.runtime.unwrapRpcSecret(secret)).toEqual({ [certificateFile]: bundle });
    expect(input(configuration, "fingerprints")).toEqual({
      [certificateFile]: expect.stringMatching(
        /^CN=mail\.domain\.tld, expires \d{4}-\d\d-\d\d, sha256 ([0-9a-f]{2}:){31}/,
      ),
    });
    expect(plainInputs().match(/PRIVATE KEY/g)).toBeNull();
  });

  test("are made for the host name and all further names", async () => {
    await construct({ ...base, tls: { names: ["imap.domain.tld", "mail.domain.tld"] } });
    expect(registered.get("mail-tls-server-certificate")?.inputs).toMatchObject({
      names: ["mail.domain.tld", "imap.domain.tld"],
      authority: "the certificate of the authority",
    });
    expect(pulumi.runtime.isRpcSecret(input("mail-tls-server-certificate", "authorityKey"))).toBe(true);
    expect(registered.get("mail-tls-authority")?.inputs).toMatchObject({
      isCaCertificate: true,
      validityPeriodHours: 87_600,
    });
    expect(registered.get("mail-tls-authority-key")?.inputs).toEqual({ algorithm: "ECDSA", ecdsaCurve: "P256" });
  });

  test.each([
    ["plain", { certificateChain: self.certificate, privateKey: self.privateKey }],
    [
      "secret outputs",
      { certificateChain: pulumi.secret(self.certificate), privateKey: pulumi.secret(self.privateKey) },
    ],
  ])("that are given as %s are used as they are", async (_form, given) => {
    await construct({ ...base, tls: { source: "pem", ...given } });
    const secret = input(configuration, "secretFiles");
    expect(pulumi.runtime.isRpcSecret(secret)).toBe(true);
    expect(pulumi.runtime.unwrapRpcSecret(secret)).toEqual({ [certificateFile]: bundle });
    expect(input(configuration, "fingerprints")).toEqual({ [certificateFile]: expect.stringMatching(/^CN=mail/) });
    expect([...registered.values()].filter(({ type }) => type.startsWith("tls:"))).toEqual([]);
    expect(plainInputs()).not.toContain("PRIVATE KEY");
  });

  test("that are given tell whom to trust where the chain ends with an authority", async () => {
    const secret = { ...withAuthority, certificateChain: pulumi.secret(withAuthority.certificateChain) };
    const host = await construct({ ...base, tls: { source: "pem", ...secret } });
    expect(await promiseOf(host.certificateAuthority)).toBe(`${issuedBy.certificate}\n`);
    expect(await pulumi.isSecret(host.certificateAuthority)).toBe(false);
    const { certificate, privateKey } = issued;
    const other = await construct({ ...base, tls: { source: "pem", certificateChain: certificate, privateKey } });
    expect(await promiseOf(other.certificateAuthority)).toBeUndefined();
  });

  test("that are given without what leads to an authority are warned of", async () => {
    const warn = vi.spyOn(pulumi.log, "warn").mockResolvedValue();
    await construct({ ...base, tls: { source: "pem", ...withAuthority } });
    expect(warn).not.toHaveBeenCalled();
    const { certificate, privateKey } = issued;
    const host = await construct({ ...base, tls: { source: "pem", certificateChain: certificate, privateKey } });
    await vi.waitFor(() =>
      expect(warn).toHaveBeenCalledExactlyOnceWith(
        expect.stringMatching(/: add the certificate of CN=authority to mailhost:tls\.certificateChain$/),
        host,
      ),
    );
    warn.mockRestore();
  });

  test("that lie on the host are looked at and never written", async () => {
    const files = { certificateFile: "/etc/tls/chain.pem", privateKeyFile: "/etc/tls/key.pem" };
    await construct({ ...base, tls: { source: "files", ...files, names: ["imap.domain.tld"] } });
    expect(registered.get("mail-certificate-files")?.inputs).toMatchObject({
      ...files,
      names: ["mail.domain.tld", "imap.domain.tld"],
    });
    expect(order.get("mail-certificate-files")).toContain("mail-packages");
    expect(pulumi.runtime.unwrapRpcSecret(input(configuration, "secretFiles"))).toEqual({});
    expect(input(configuration, "attributes")).not.toHaveProperty([certificateFile]);
    expect(input(configuration, "fingerprints")).toEqual({ "/etc/tls/chain.pem": expect.stringMatching(/^CN=mail/) });
    expect([...registered.values()].filter(({ type }) => type.startsWith("tls:"))).toEqual([]);
  });

  test("that the host obtains by ACME are there before its configuration, with credentials as secrets", async () => {
    const acme = { source: "acme", email: "alice@domain.tld", challenge: { dns: "hetzner" } } as const;
    const environment = { HETZNER_API_KEY: pulumi.output("hunter2") };
    const host = await construct({ ...base, tls: { ...acme, names: ["imap.domain.tld"], environment } });
    expect(registered.get("mail-acme")?.inputs).toMatchObject({
      directory: "https://acme-v02.api.letsencrypt.org/directory",
      names: ["mail.domain.tld", "imap.domain.tld"],
      httpChallenge: false,
      attributes: { "/usr/local/sbin/mailhost-acme": "root:root 0755", "/etc/mailhost/acme.env": "root:root 0600" },
    });
    expect(pulumi.runtime.unwrapRpcSecret(input("mail-acme", "secretFiles"))).toEqual({
      "/etc/mailhost/acme.env": expect.stringContaining("export HETZNER_API_KEY='hunter2'\n"),
    });
    expect(plainInputs()).not.toContain("hunter2");
    expect(order.get("mail-acme")).toContain("mail-packages");
    expect(input("mail-packages", "packages")).toHaveProperty("lego");
    expect(input("mail-lego", "unit")).toBe("mailhost-acme.timer");
    const bundle = "/var/lib/mailhost/acme/certificate.pem";
    expect(input(configuration, "fingerprints")).toEqual({ [bundle]: certificateFingerprint(issued.certificate) });
    expect(input(configuration, "attributes")).not.toHaveProperty([bundle]);
    for (const file of ["/etc/postfix/main.cf", "/etc/dovecot/dovecot.conf"]) {
      expect(Object(input(configuration, "files"))[file]).toContain(bundle);
    }
    expect(await promiseOf(host.certificateFingerprint)).toBeUndefined();
  });

  test("are told of, and of their end in time where an up does not renew them", async () => {
    const warn = vi.spyOn(pulumi.log, "warn");
    const facts = {
      names: ["mail.domain.tld"],
      expires: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      daysLeft: 90,
    };
    const made = await construct();
    expect(await promiseOf(made.certificate)).toEqual(facts);
    expect(warn).not.toHaveBeenCalled();
    // It is another number every day: no resource may change for that.
    expect(plainInputs()).not.toContain("daysLeft");
    const { certificate, privateKey } = await makeCertificate("mail.domain.tld", { names: facts.names, to: 20.5 });
    const tls = { source: "pem", certificateChain: pulumi.secret(certificate), privateKey } as const;
    const given = await construct({ ...base, tls });
    expect(await promiseOf(given.certificate)).toEqual({ ...facts, daysLeft: 20 });
    expect(await pulumi.isSecret(given.certificate)).toBe(false);
    const warning = expect.stringMatching(/\(days left: 20\).*mailhost:tls\.certificateChain/);
    expect(warn.mock.calls).toEqual([[warning, given]]);
  });

  test("that do not belong together stop the program", async () => {
    const other = await makeCertificate("other");
    const tls = { source: "pem", certificateChain: self.certificate, privateKey: other.privateKey } as const;
    expect(() => new MailHost("mail", { ...base, tls })).toThrow(
      /tls\.privateKey: does not belong to the certificate of CN=mail\.domain\.tld$/,
    );
  });
});

describe("the acceptance check", () => {
  const check = "mail-acceptance-check";
  const subject = () => JSON.parse(String(input(check, "stdin")));
  const environment = () => Object(input(check, "environment"));

  test("visits the address of the target, and knows name, authority and certificate", async () => {
    await construct();
    expect(subject()).toEqual({
      hostname: "mail.domain.tld",
      certificateAuthority: "the certificate of the authority",
      certificateFingerprint: certificateFingerprint(self.certificate),
      endpoints: {
        smtp: { address: "192.0.2.1", port: 25 },
        submission: { address: "192.0.2.1", port: 587 },
        imap: { address: "192.0.2.1", port: 143 },
      },
    });
  });

  test("finds the address itself where the host is the machine that deploys", async () => {
    await construct({ ...base, target: { connection: "local" } });
    expect(subject().endpoints).toEqual({ smtp: { port: 25 }, submission: { port: 587 }, imap: { port: 143 } });
    expect(registered.get("mail-host")?.inputs).toEqual({ connection: "local", release: "debian13" });
    // @ts-expect-error this machine is not dialled
    ({ connection: "local", address: "192.0.2.1" }) satisfies MailHostArgs["target"];
    // @ts-expect-error another machine must prove who it is
    ({ connection: "ssh", address: "192.0.2.1" }) satisfies MailHostArgs["target"];
  });

  test("visits the host's own address, or else its name, where the target is behind a jump host", async () => {
    const proxyJump = { address: "192.0.2.9", user: "ops", hostKey: target.hostKey };
    const behind = { ...base, target: { ...target, proxyJump } };
    const { dnsRecords } = await construct(behind);
    expect(subject().endpoints.smtp).toEqual({ address: "mail.domain.tld", port: 25 });
    expect(JSON.stringify(await promiseOf(pulumi.output(dnsRecords)))).not.toContain(target.address);
    await construct({ ...behind, dns: { addresses: ["203.0.113.10"] } });
    expect(subject().endpoints.smtp).toEqual({ address: "203.0.113.10", port: 25 });
  });

  test("visits the first address that a daemon listens on", async () => {
    await construct({
      ...base,
      postfix: { listenAddresses: ["192.0.2.2", "192.0.2.3"], submissions: true },
      dovecot: { listenAddresses: ["192.0.2.4"], imaps: true },
    });
    expect(subject().endpoints).toEqual({
      smtp: { address: "192.0.2.2", port: 25 },
      submission: { address: "192.0.2.2", port: 587 },
      submissions: { address: "192.0.2.2", port: 465 },
      imap: { address: "192.0.2.4", port: 143 },
      imaps: { address: "192.0.2.4", port: 993 },
    });
  });

  test("knows a certificate that is given, and the authority where that is in the chain", async () => {
    const { certificate, privateKey } = issued;
    await construct({ ...base, tls: { source: "pem", certificateChain: certificate, privateKey } });
    expect(subject()).not.toHaveProperty("certificateAuthority");
    expect(subject().certificateFingerprint).toBe(certificateFingerprint(certificate));
    await construct({ ...base, tls: { source: "pem", ...withAuthority } });
    expect(subject().certificateAuthority).toBe(`${issuedBy.certificate}\n`);
    expect(subject().certificateFingerprint).toBe(certificateFingerprint(withAuthority.certificateChain));
  });

  test("knows a certificate that is renewed on the host by its authority, or else by itself", async () => {
    const files = { certificateFile: "/etc/tls/chain.pem", privateKeyFile: "/etc/tls/key.pem" };
    const lieOnHost = (certificateChain: string) => {
      computed["mailhost:host:CertificateFiles"] = { certificateChain };
      return construct({ ...base, tls: { source: "files", ...files } });
    };
    await lieOnHost(withAuthority.certificateChain);
    expect(subject().certificateAuthority).toBe(`${issuedBy.certificate}\n`);
    expect(subject()).not.toHaveProperty("certificateFingerprint");
    await lieOnHost(issued.certificate);
    expect(subject()).not.toHaveProperty("certificateAuthority");
    expect(subject().certificateFingerprint).toBe(certificateFingerprint(issued.certificate));
  });

  test("holds no path and no program of this machine", async () => {
    await construct();
    expect(input(check, "interpreter")).toEqual(["node"]);
    expect(input(check, "create")).toBe("acceptance/main.ts");
    expect(JSON.stringify(registered.get(check)?.inputs)).not.toContain(process.cwd());
  });

  test("runs again when configuration, certificate or host has changed, and only then", async () => {
    await construct();
    const before = environment();
    const visited = subject();
    expect(before).toEqual({
      MAILHOST_CONFIGURATION: expect.stringMatching(/^[0-9a-f]{16}$/),
      MAILHOST_HOST_ID: "0123456789abcdef",
    });
    const domains = { ...base.domains, "domain1.tld": { mailboxes: { dave: {} }, aliases: { other: ["dave"] } } };
    await construct({ ...base, domains });
    expect([environment(), subject()]).toEqual([before, visited]);
    await construct({ ...base, mail: { ...base.mail, messageSizeLimit: 1_000_000 } });
    expect(environment()).not.toEqual(before);
    await construct({ ...base, tls: { source: "pem", ...withAuthority } });
    expect(subject()).not.toEqual(visited);
    computed["mailhost:host:ConfigSet"] = { hostId: "fedcba9876543210" };
    await construct();
    expect(environment()).toEqual({ ...before, MAILHOST_HOST_ID: "fedcba9876543210" });
  });

  test("can be turned off", async () => {
    await construct({ ...base, acceptanceCheck: false });
    expect(registered.has(check)).toBe(false);
    expect(registered.has("mail-dovecot")).toBe(true);
  });
});

test("every domain has an ACL file, also one without rights, and managed Sieve scripts alone are written", async () => {
  const domains = {
    "domain.tld": { mailboxes: { alice: { sieve: "keep;" }, bob: {} } },
    "domain1.tld": { mailboxes: { dave: {} }, publicFolders: false },
  };
  const { "old@domain.tld": _, ...used } = passwords;
  await construct({ ...base, domains, passwords: used });
  expect(input("mail-tables", "acls")).toEqual({
    "domain.tld": expect.stringMatching(/^Public anyone l\nPublic\/\* anyone lrs\n/),
    "domain1.tld": "Public anyone\nPublic/* anyone\n",
  });
  expect(input("mail-tables", "sieve")).toEqual({ "alice@domain.tld": "keep;\n" });
});

test("a package that has a version is demanded in that version", async () => {
  await construct({ ...base, packages: { "dovecot-core": "1:2.4.1*" } });
  expect(input("mail-packages", "packages")).toMatchObject({ "dovecot-core": "1:2.4.1*", postfix: "*" });
});

test.each([
  ["debian13", "1:2.4.*"],
  ["debian12", "1:2.3.*"],
] as const)(
  "on %s Dovecot is demanded in the minor version that its configuration is written for",
  async (release, version) => {
    await construct({ ...base, release });
    const packages = Object.entries(input("mail-packages", "packages") as Record<string, string>);
    const versions = packages.filter(([name]) => name.startsWith("dovecot-")).map(([, demanded]) => demanded);
    expect(versions).toEqual(["dovecot-core", "dovecot-imapd", "dovecot-lmtpd", "dovecot-sieve"].map(() => version));
  },
);

test("mistakes are one error that Pulumi prints without a stack", () => {
  const construct = () => new MailHost("mail", { ...base, hostname: "mail", mail: { postmaster: "x@domain.tld" } });
  expect(construct).toThrow(pulumi.RunError);
  expect(construct).toThrow(
    /^2 mistakes in the configuration of the mail host, which is left as it is:\n {2}hostname: /,
  );
});

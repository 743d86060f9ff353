import { execFileSync } from "node:child_process";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { LocalWorkspace, type PulumiFn, type Stack } from "@pulumi/pulumi/automation/index.js";
import * as tls from "@pulumi/tls";
import { beforeEach, describe, expect, it } from "vitest";
import { automationOptions } from "../../tools/engine/automation.ts";
import { stateFiles } from "../helpers/stateFiles.ts";
import { useTemporaryFolder } from "../helpers/temporaryFolder.ts";

// What the program may rely on, whichever plugin answers: the official one or the stand-in.

const folder = useTemporaryFolder();
const serverNames = ["mail.domain.tld", "imap.domain.tld"];
const passphrase = "correct horse";

interface Settings {
  dnsNames?: string[] | undefined;
  earlyRenewalHours?: number;
  algorithm?: string;
  caUses?: string[];
}

/** What the program below was last asked for; a test changes it between two runs. */
let settings: Settings;
let stack: Stack;
/** Certificates that a run of the program got to see. */
let seen: string[];

/** A certificate authority and a server certificate by it, as a mail host wants them. */
async function program() {
  const ecdsa = { algorithm: settings.algorithm ?? "ECDSA", ecdsaCurve: "P256" };
  const authorityKey = new tls.PrivateKey("authority", ecdsa);
  const authority = new tls.SelfSignedCert("authority", {
    privateKeyPem: authorityKey.privateKeyPem,
    subject: { commonName: "Ünïcode & Söhne, authority" },
    isCaCertificate: true,
    setSubjectKeyId: true,
    allowedUses: settings.caUses ?? ["cert_signing", "crl_signing"],
    validityPeriodHours: 10 * 365 * 24,
  });
  const serverKey = new tls.PrivateKey("server", ecdsa);
  const request = new tls.CertRequest("server", {
    privateKeyPem: serverKey.privateKeyPem,
    subject: { commonName: serverNames[0] },
    dnsNames: settings.dnsNames,
  });
  const server = new tls.LocallySignedCert("server", {
    certRequestPem: request.certRequestPem,
    caCertPem: authority.certPem,
    caPrivateKeyPem: authorityKey.privateKeyPem,
    allowedUses: ["digital_signature", "key_encipherment", "server_auth"],
    validityPeriodHours: 90 * 24,
    earlyRenewalHours: settings.earlyRenewalHours,
  });
  server.certPem.apply((certificate) => seen.push(certificate));
  return {
    authority: authority.certPem,
    server: server.certPem,
    validity: pulumi.all([server.validityStartTime, server.validityEndTime, server.readyForRenewal]),
    algorithms: pulumi.all([authority.keyAlgorithm, request.keyAlgorithm, server.caKeyAlgorithm]),
    key: serverKey.privateKeyPem,
    pkcs8: serverKey.privateKeyPemPkcs8,
  };
}

beforeEach(async () => {
  settings = { dnsNames: serverNames };
  seen = [];
  stack = await stackOf(program);
});

async function stackOf(stackProgram: PulumiFn): Promise<Stack> {
  const folders = { home: join(folder(), "home"), backendFolder: join(folder(), "state"), passphrase };
  return LocalWorkspace.createOrSelectStack(
    { stackName: "t", projectName: "certificates", program: stackProgram },
    { ...(await automationOptions(folders)), workDir: folder() },
  );
}

/** Deploys and returns the outputs; all of them are texts or lists of texts. */
async function deploy() {
  const { outputs, summary, stdout } = await stack.up();
  const value = (name: string): string => String(outputs[name]?.value);
  return { outputs, value, stdout, changes: summary.resourceChanges };
}

function run(program: string, args: string[]): string {
  return execFileSync(program, args, { cwd: folder(), encoding: "utf8", stdio: "pipe" });
}

const openssl = (...args: string[]) => run("openssl", args);
describe("a certificate authority and a server certificate", () => {
  it("are made, verify, and stay as they are", async () => {
    const { value, changes, outputs } = await deploy();
    expect(changes).toEqual({ create: 6 });
    writeFileSync(join(folder(), "ca.pem"), value("authority"));
    writeFileSync(join(folder(), "server.pem"), value("server"));
    for (const name of serverNames) {
      const verified = openssl(
        "verify",
        "-x509_strict",
        "-purpose",
        "sslserver",
        "-verify_hostname",
        name,
        "-CAfile",
        "ca.pem",
        "server.pem",
      );
      expect(verified).toBe("server.pem: OK\n");
    }
    expect(() => openssl("verify", "-verify_hostname", "other.tld", "-CAfile", "ca.pem", "server.pem")).toThrow();

    const text = openssl("x509", "-in", "server.pem", "-noout", "-text");
    expect(text).toContain("NIST CURVE: P-256");
    expect(text).toContain("Signature Algorithm: ecdsa-with-SHA256");
    expect(text).toMatch(/Extended Key Usage: *\n *TLS Web Server Authentication\n/);
    expect(text).toMatch(/Key Usage: critical\n *Digital Signature, Key Encipherment\n/);
    expect(text).toMatch(/Basic Constraints: critical\n *CA:FALSE\n/);
    const server = new X509Certificate(value("server"));
    expect(server.subjectAltName).toBe("DNS:mail.domain.tld, DNS:imap.domain.tld");
    expect(server.checkPrivateKey(createPrivateKey(value("key")))).toBe(true);
    expect(server.subject).toBe("CN=mail.domain.tld");

    const authority = new X509Certificate(value("authority"));
    expect(authority.ca).toBe(true);
    expect(authority.subject).toBe("CN=Ünïcode & Söhne\\, authority");
    expect(server.checkIssued(authority)).toBe(true);

    const [start, end, ready] = outputs.validity?.value ?? [];
    expect(new Date(start)).toEqual(new Date(server.validFrom));
    expect(new Date(end)).toEqual(new Date(server.validTo));
    expect(Date.parse(end) - Date.parse(start)).toBe(90 * 24 * 3_600_000);
    expect(ready).toBe(false);
    expect(outputs.algorithms?.value).toEqual(["ECDSA", "ECDSA", "ECDSA"]);

    await stack.up({ expectNoChanges: true });
  });

  it("keep private keys secret, in outputs and state", async () => {
    const { outputs, value } = await deploy();
    for (const name of ["key", "pkcs8"]) expect(outputs[name]?.secret).toBe(true);
    expect(outputs.server?.secret).toBe(false);
    expect(value("key")).toMatch(/^-----BEGIN EC PRIVATE KEY-----\n/);
    expect(value("pkcs8")).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    const state = stateFiles(join(folder(), "state"));
    expect(state).toContain("BEGIN CERTIFICATE-----");
    expect(state).not.toContain("PRIVATE KEY");
  });

  it("keep private keys secret for a program that does not ask for it", async () => {
    // The SDK's own class names the secret outputs; this one leaves that to the plugin.
    class RawKey extends pulumi.CustomResource {}
    const raw = await stackOf(async () => {
      new RawKey("tls:index/privateKey:PrivateKey", "raw", { algorithm: "ECDSA", ecdsaCurve: "P256" });
    });
    await raw.up();
    const state = stateFiles(join(folder(), "state"));
    expect(state).toContain("BEGIN PUBLIC KEY");
    expect(state).not.toContain("PRIVATE KEY");
  });
});

describe("a preview", () => {
  it("before the first update shows what will be made, without making it", async () => {
    const { changeSummary } = await stack.preview();
    expect(changeSummary).toEqual({ create: 6 });
    expect(seen).toEqual([]);
    await deploy();
    expect(seen).toHaveLength(1);
  });

  it("of another name shows that request and certificate are replaced", async () => {
    await deploy();
    settings.dnsNames = ["mail.domain.tld"];
    const { changeSummary } = await stack.preview();
    expect(changeSummary).toEqual({ same: 4, replace: 2 });
  });

  it("rejects a kind of key that there is not", async () => {
    settings.algorithm = "DSA";
    await expect(stack.preview()).rejects.toThrow(/algorithm/i);
  });

  it("rejects a use that there is not", async () => {
    settings.caUses = ["cert_sining"];
    await expect(stack.preview()).rejects.toThrow(/allowed_?uses/i);
  });
});

describe("a change", () => {
  it("of the names makes another certificate for the same key", async () => {
    const before = await deploy();
    settings.dnsNames = ["mail.domain.tld"];
    const after = await deploy();
    expect(after.changes).toEqual({ same: 4, replace: 2 });
    expect(after.value("key")).toBe(before.value("key"));
    expect(after.value("authority")).toBe(before.value("authority"));
    expect(new X509Certificate(after.value("server")).subjectAltName).not.toContain("imap");
  });

  it("that takes an input away counts as well", async () => {
    await deploy();
    settings.dnsNames = undefined;
    const { changes, value } = await deploy();
    expect(changes).toEqual({ same: 4, replace: 2 });
    expect(new X509Certificate(value("server")).subjectAltName).toBeUndefined();
  });

  it("of the time of renewal leaves the certificate as it is", async () => {
    const before = await deploy();
    settings.earlyRenewalHours = 24;
    const after = await deploy();
    expect(after.changes).toEqual({ same: 5, update: 1 });
    expect(after.value("server")).toBe(before.value("server"));
  });
});

it("replaces a certificate whose time of renewal has come", async () => {
  settings.earlyRenewalHours = 24;
  const before = await deploy();
  settings.earlyRenewalHours = 90 * 24;
  const after = await deploy();
  expect(after.changes).toEqual({ same: 5, replace: 1 });
  expect(after.value("server")).not.toBe(before.value("server"));
  expect(after.value("authority")).toBe(before.value("authority"));
});

it.each([
  { algorithm: "RSA", own: "RSA PRIVATE KEY", type: "rsa", rsaBits: 3072 },
  { algorithm: "ED25519", own: "PRIVATE KEY", type: "ed25519" },
])("makes keys for DKIM: $algorithm", async ({ own, type, ...args }) => {
  const keys = await stackOf(async () => {
    const { privateKeyPem, privateKeyPemPkcs8, publicKeyPem } = new tls.PrivateKey("dkim", args);
    return { privateKeyPem, privateKeyPemPkcs8, publicKeyPem };
  });
  const { outputs } = await keys.up();
  const [privateKey, pkcs8, publicKey] = ["privateKeyPem", "privateKeyPemPkcs8", "publicKeyPem"].map((name) =>
    String(outputs[name]?.value),
  );
  expect(privateKey).toMatch(new RegExp(`^-----BEGIN ${own}-----\n`));
  expect(pkcs8).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  const key = createPrivateKey(privateKey ?? "");
  expect(key.asymmetricKeyType).toBe(type);
  expect(key.asymmetricKeyDetails?.modulusLength).toBe(args.rsaBits);
  expect(createPrivateKey(pkcs8 ?? "").equals(key)).toBe(true);
  expect(createPublicKey(key).equals(createPublicKey(publicKey ?? ""))).toBe(true);
  await keys.up({ expectNoChanges: true });
});

it("is gone after a destroy", async () => {
  await deploy();
  const { summary } = await stack.destroy();
  expect(summary.resourceChanges).toEqual({ delete: 6 });
  expect((await stack.exportStack()).deployment.resources ?? []).toEqual([]);
});

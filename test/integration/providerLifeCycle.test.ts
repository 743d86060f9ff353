import { once } from "node:events";
import { join } from "node:path";
import { ImapFlow } from "imapflow";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestHost } from "../../tools/testhost/host.ts";
import { createLab, type Lab } from "../../tools/testhost/lab.ts";
import { gapsDuring } from "../../tools/traffic/portWatch.ts";
import { type MailHostSettings, mailHost, passwordHash, paths } from "../fixtures/mailHost/program.ts";
import { selfSignedCertificate } from "../helpers/certificate.ts";
import {
  changedFiles,
  fileTimes,
  masterProcesses,
  reloads,
  shell,
  silentPorts,
  targetOf,
} from "../helpers/providerHost.ts";
import { failure, ProviderStack } from "../helpers/providerStack.ts";
import { compiled, ofRelease, release } from "../helpers/release.ts";
import { findSecrets, watchProcesses } from "../helpers/secretSearch.ts";
import { stateFiles } from "../helpers/stateFiles.ts";

// The tests build on one another: they are the life of one host, in order.

let lab: Lab;
let host: TestHost;
let stack: ProviderStack;
let settings: MailHostSettings;

/** Dovecot's master keeps its whole configuration here, keys included; 2.3 in its memory. */
const compiledByDovecot = ofRelease({ debian13: "/run/dovecot/dovecot.conf.binary", debian12: undefined });

/** A file of the bare host that is going to be replaced. */
let originals: string;
const originalFiles = `sha256sum ${paths.aliases} && stat -c '%U:%G %a' ${paths.aliases}`;

beforeAll(async () => {
  lab = await createLab();
  host = await lab.startHost({ release });
  await shell(host, `echo '# written before there was a mail host' >${paths.aliases} && chmod 640 ${paths.aliases}`);
  originals = await shell(host, originalFiles);
  settings = { target: targetOf(host), certificate: selfSignedCertificate(), mailboxes: ["alice", "bob"] };
  stack = await ProviderStack.create({ program: async () => mailHost(settings) });
});

afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await lab?.remove();
});

const tableFiles = (name: string) => [`/etc/postfix/${name}`, compiled(`/etc/postfix/${name}`)];

/** Logs in and waits until the server has listed the mailboxes. */
async function logIn(user: string): Promise<ImapFlow> {
  const client = new ImapFlow({
    host: host.address,
    port: 143,
    secure: false,
    doSTARTTLS: true,
    tls: { rejectUnauthorized: false },
    auth: { user, pass: "correct horse" },
    logger: false,
  });
  // A connection that the server ends is no mistake of these tests.
  client.on("error", () => {});
  await client.connect();
  return client;
}

test("a preview on a bare host plans everything and touches nothing", async () => {
  const { steps } = await stack.preview();
  expect(
    Object.entries(steps)
      .map(([name, { op }]) => `${op} ${name}`)
      .sort(),
  ).toEqual([
    "create addresses",
    "create chroot",
    "create configuration",
    "create directories",
    "create doveauth",
    "create dovecot",
    "create packages",
    "create postfix",
    "create vmail",
  ]);
  expect(await shell(host, "ls -d /var/lib/mailhost /var/vmail 2>&1 || true")).not.toMatch(/^\//m);
});

test("up makes a mail host that serves", async () => {
  await stack.up();
  expect(await silentPorts(host)).toEqual([]);
  const client = await logIn("alice@domain.tld");
  await client.append("INBOX", "Subject: kept\r\n\r\n");
  await client.logout();
  await expect(logIn("nobody@domain.tld")).rejects.toThrow();
});

test("a second up changes nothing, reloads nothing and writes nothing", async () => {
  const before = [await masterProcesses(host), await fileTimes(host), await reloads(host)];
  await stack.up({ expectNoChanges: true });
  expect([await masterProcesses(host), await fileTimes(host), await reloads(host)]).toEqual(before);
});

test("a new mailbox writes its passwd file and the tables that name it, and reloads nothing", async () => {
  settings = { ...settings, mailboxes: ["alice", "bob", "carol"] };
  const before = await fileTimes(host);
  const daemons = [await masterProcesses(host), await reloads(host)];
  const preview = await stack.preview();
  expect(preview.steps).toMatchObject({
    addresses: { op: "update", paths: ["hashes", "mailboxes", "senders", 'users["domain.tld"]'] },
  });
  expect(Object.keys(preview.steps)).toEqual(["addresses"]);
  await stack.up();
  expect(changedFiles(before, await fileTimes(host))).toEqual(
    [paths.passwd, ...tableFiles("vmailbox"), ...tableFiles("sender_login")].sort(),
  );
  expect([await masterProcesses(host), await reloads(host)]).toEqual(daemons);
  await (await logIn("carol@domain.tld")).logout();
});

test("a mailbox that goes, alone or with its whole domain, is logged out", async () => {
  settings = { ...settings, secondDomain: true };
  await stack.up();
  const [carol, dora, alice] = await Promise.all([
    logIn("carol@domain.tld"),
    logIn("dora@other.tld"),
    logIn("alice@domain.tld"),
  ]);
  const signal = AbortSignal.timeout(60_000);
  const ends = Promise.all([once(carol, "close", { signal }), once(dora, "close", { signal })]);
  settings = { ...settings, mailboxes: ["alice", "bob"], secondDomain: false };
  await stack.up();
  await ends;
  expect(alice.usable).toBe(true);
  await alice.logout();
  await expect(logIn("dora@other.tld")).rejects.toThrow();
  expect(await shell(host, "find /var/vmail/auth.d /var/vmail/conf.d -type f -path '*other.tld*'")).toBe("");
});

test("a new certificate is served after a reload, without an interruption, and no secret is to be found", async () => {
  const old = settings.certificate;
  const certificate = selfSignedCertificate();
  settings = { ...settings, certificate };
  const before = { masters: await masterProcesses(host), files: await fileTimes(host) };
  const secrets = [passwordHash, ...linesOfKey(old), ...linesOfKey(certificate)];
  const processes = await watchProcesses(host, secrets);
  let output = "";
  const gaps = await gapsDuring(lab.client, host, async () => {
    ({ output } = await stack.up({ verbose: true }));
  });

  expect(gaps).toEqual([]);
  expect(await masterProcesses(host)).toEqual(before.masters);
  expect(changedFiles(before.files, await fileTimes(host))).toEqual([paths.certificate]);
  const served = await shell(
    host,
    "openssl s_client -connect 127.0.0.1:25 -starttls smtp </dev/null 2>/dev/null | openssl x509 -outform PEM",
  );
  expect(certificate).toContain(served);

  expect(await processes.end()).toEqual([]);
  const places = await findSecrets(host, secrets);
  expect(places.filter((place) => place !== compiledByDovecot)).toEqual([]);
  if (compiledByDovecot !== undefined) {
    expect(await shell(host, `stat -c '%U %a' ${compiledByDovecot}`)).toBe("root 600");
  }
  for (const secret of secrets) {
    expect(output).not.toContain(secret);
    expect(stateFiles(join(stack.folder, "state"))).not.toContain(secret);
  }
});

/** The lines of a private key that only it has. */
function linesOfKey(pem: string): string[] {
  const [, body = ""] = /PRIVATE KEY-----\n([\s\S]*?)-----END/.exec(pem) ?? [];
  return body.trim().split("\n").slice(1);
}

test("mail root without its volume: preview stops instead of filling the empty mount point", async () => {
  await shell(host, "mount -t tmpfs none /var/vmail");
  try {
    expect(await failure(stack.preview())).toMatch(/\/var\/vmail is on another file system than before/);
  } finally {
    await shell(host, "umount /var/vmail");
  }
  expect((await stack.preview()).steps).toEqual({});
});

test("destroy removes what was made, keeps the mail, and restores what was there before", async () => {
  const digests = (folder: string, files: string) => shell(host, `cd ${folder} && sha256sum ${files}`);
  const replaced = (
    await shell(host, "cd /var/lib/mailhost/originals && find . -type f ! -name '*.absent' -printf '%p '")
  ).trim();
  expect(replaced).toContain("./etc/dovecot/dovecot.conf");
  const distributions = await digests("/var/lib/mailhost/originals", replaced);
  const { output } = await stack.destroy();
  expect(output).toMatch(/all mail stays on the host, in \/var\/vmail: 1 mailbox, [\d.]+K/);
  expect(await shell(host, originalFiles)).toBe(originals);
  expect(await digests("/", replaced)).toBe(distributions);
  expect(await shell(host, "dpkg -l | grep -E '^ii +(postfix|dovecot)' || true")).toBe("");
  expect(await shell(host, "find /var/vmail -name '*.domain.tld*' -type f -o -name '*,S=*' | wc -l")).toBe("1");
  expect(await shell(host, "ls /var/vmail /var/vmail/domain.tld")).toBe(
    "/var/vmail:\ndomain.tld\n\n/var/vmail/domain.tld:\nalice",
  );
  expect(await shell(host, "getent passwd vmail doveauth | cut -d: -f1 || true")).toBe("vmail");
  expect(await shell(host, "find /etc /var/lib -name '*mailhost*' | sort")).toBe("/var/lib/mailhost");
  expect(JSON.parse(await shell(host, "cat /var/lib/mailhost/manifest.json"))).toEqual({ version: 1, resources: {} });
});

import { execFile } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { automationOptions } from "../../tools/engine/automation.ts";
import { checkoutFolder } from "../../tools/launch/paths.mjs";
import type { TestHost } from "../../tools/testhost/host.ts";
import { createLab, type Lab } from "../../tools/testhost/lab.ts";
import { createKey } from "../../tools/testhost/sshKeys.ts";
import { type MailHostSettings, mailHost, paths } from "../fixtures/mailHost/program.ts";
import { accountAndDirectory } from "../fixtures/mailHost/small.ts";
import { selfSignedCertificate } from "../helpers/certificate.ts";
import { changedFiles, fileTimes, masterProcesses, shell, silentPorts, targetOf } from "../helpers/providerHost.ts";
import { failure, ProviderStack, projectFile } from "../helpers/providerStack.ts";
import { useTemporaryFolder } from "../helpers/temporaryFolder.ts";

// The tests build on one another: the first host goes from one stack to the next, and keeps serving.

let lab: Lab;
let first: TestHost;
let second: TestHost;
let stack: ProviderStack;
let settings: MailHostSettings;
const stacks: ProviderStack[] = [];
const folder = useTemporaryFolder();

async function newStack(program: () => object): Promise<ProviderStack> {
  const made = await ProviderStack.create({ program: async () => program() });
  stacks.push(made);
  return made;
}

beforeAll(async () => {
  lab = await createLab();
  [first, second] = await Promise.all([lab.startHost({ addresses: 2 }), lab.startHost({ name: "second" })]);
  settings = {
    target: { ...targetOf(first), configKey: "target" },
    certificate: selfSignedCertificate(),
    mailboxes: ["alice"],
  };
  stack = await newStack(() => mailHost(settings));
  await stack.up();
});

afterAll(async () => {
  for (const made of stacks) await made[Symbol.asyncDispose]();
  await lab?.remove();
});

/** Does `work`, which may not touch the first host, and must leave it serving. */
async function untouched(work: () => Promise<unknown>): Promise<void> {
  const before = { files: await fileTimes(first), masters: await masterProcesses(first) };
  await work();
  expect(changedFiles(before.files, await fileTimes(first))).toEqual([]);
  expect(await masterProcesses(first)).toEqual(before.masters);
  expect(await shell(first, "getent passwd vmail doveauth | cut -d: -f1")).toBe("vmail\ndoveauth");
  expect(await silentPorts(first)).toEqual([]);
}

describe("the live thing stays", () => {
  test("when all resources are renamed without an alias", async () => {
    settings = { ...settings, prefix: "new-" };
    await untouched(async () => {
      const { steps } = await stack.up();
      expect(steps["new-configuration"]?.op).toBe("create");
      expect(steps.configuration?.op).toBe("delete");
    });
    expect((await stack.preview()).steps).toEqual({});
  });

  test("when all resources get a parent, without an alias", async () => {
    settings = { ...settings, parent: "group" };
    await untouched(async () => {
      expect((await stack.up()).steps["new-configuration"]?.op).toMatch(/create|delete/);
    });
    expect((await stack.preview()).steps).toEqual({});
  });

  test("when they lose it and get other names, with aliases, and nothing is made or deleted", async () => {
    const parent = "urn:pulumi:test::provider-test::test:index:Group::group";
    const { parent: _, ...alone } = settings;
    settings = { ...alone, prefix: "newer-", formerly: (name) => ({ name: name.replace("newer-", "new-"), parent }) };
    await untouched(async () => expect((await stack.up()).steps).toEqual({}));
    expect((await stack.preview()).steps).toEqual({});
    const { formerly: __, ...renamed } = settings;
    settings = renamed;
  });

  test("when another stack imports each resource by its id", async () => {
    const importing = await newStack(() => mailHost({ ...settings, imported: true }));
    await untouched(async () => {
      const { steps } = await importing.up();
      expect(new Set(Object.values(steps).map(({ op }) => op))).toEqual(new Set(["import"]));
    });
    expect((await importing.preview()).steps).toEqual({});
  });

  test("when a second stack takes over and the first is destroyed", async () => {
    const taking = await newStack(() => mailHost(settings));
    await untouched(() => taking.up());
    await untouched(() => stack.destroy());
    expect((await taking.preview()).steps).toEqual({});
    stack = taking;
  });
});

const placeOf = ({ address, hostKey, privateKeyFile }: TestHost) => ({ address, hostKey, privateKeyFile });

test("a new address, host key and key of the user need nothing but the new configuration, and change nothing", async () => {
  const privateKeyFile = join(folder(), "rotated");
  const key = await createKey(privateKeyFile);
  const hostKeyFile = "/etc/ssh/ssh_host_ed25519_key";
  await shell(
    first,
    `mv ${hostKeyFile} /root/old.key && mv /root/.ssh/authorized_keys /root/old.keys && echo '${key}' >/root/.ssh/authorized_keys &&
ssh-keygen -q -t ed25519 -N '' -f ${hostKeyFile} && systemctl restart ssh.service`,
  );
  try {
    const [, address = ""] = first.addresses;
    const hostKey = (await shell(first, `cut -d' ' -f1,2 ${hostKeyFile}.pub`)).trim();
    const rotated = JSON.stringify({ address, hostKey, privateKeyFile });
    await stack.withVariable("MAILHOST_TARGET", rotated, async () => {
      expect((await stack.preview()).steps).toEqual({});
      await untouched(() => stack.up({ expectNoChanges: true }));
    });
    const { configKey: _, ...own } = { ...settings.target, address, hostKey, privateKeyFile };
    expect(await failure(stack.preview())).toMatch(/host key|does not answer|log in/i);
    settings = { ...settings, target: { ...own, configKey: "target" } };
    await stack.setConfig("target", { address, hostKey, privateKeyFile });
    await untouched(async () => expect((await stack.up()).steps).toEqual({}));
  } finally {
    await shell(
      first,
      `mv /root/old.key ${hostKeyFile} && mv /root/old.keys /root/.ssh/authorized_keys && systemctl restart ssh.service`,
    );
    settings = { ...settings, target: { ...targetOf(first), configKey: "target" } };
    await stack.setConfig("target", placeOf(first));
  }
});

describe("another host under the same state", () => {
  test("at a new address, given by MAILHOST_TARGET, is filled by one plain up", async () => {
    await untouched(() =>
      stack.withVariable("MAILHOST_TARGET", JSON.stringify(placeOf(second)), async () => {
        expect((await stack.preview()).steps["newer-packages"]?.op).toBe("create");
        await stack.up();
      }),
    );
    expect(await silentPorts(second)).toEqual([]);
  });

  test("is the one that the stack's configuration names from now on", async () => {
    await stack.setConfig("target", placeOf(second));
    await shell(second, "systemctl disable --quiet dovecot");
    expect((await stack.preview()).steps["newer-dovecot"]?.paths).toEqual(["enabled"]);
    await stack.up();
    expect((await stack.preview()).steps).toEqual({});
  });

  test("is left as it was before when it is destroyed", async () => {
    await stack.destroy();
    expect(await shell(second, "getent passwd vmail doveauth || true")).toBe("");
    expect(await shell(second, "getent group vmail || true")).toBe("");
    expect(await shell(second, "dpkg -l | grep -E '^ii +(postfix|dovecot)' || true")).toBe("");
    expect(
      await shell(second, "find / -xdev -path /proc -prune -o -name '*mailhost*' -print -o -name vmail -print"),
    ).toBe("/var/lib/mailhost");
    expect(await silentPorts(first)).toEqual([]);
  });

  test("at the same address with a new host key, reinstalled, is filled by one plain up", async () => {
    const target = { ...targetOf(second), configKey: "target" };
    const small = await newStack(() => accountAndDirectory(target));
    await small.up();
    await second.remove();
    const reinstalled = await lab.startHost({ name: "second" });
    expect(reinstalled.address).toBe(second.address);
    await small.setConfig("target", placeOf(reinstalled));
    expect(Object.entries((await small.preview()).steps).map(([name, { op }]) => `${op} ${name}`)).toEqual([
      "create account",
      "create directory",
    ]);
    await small.up();
    expect(await shell(reinstalled, "stat -c '%U:%G %a' /var/vmail")).toBe("vmail:vmail 2750");
    expect((await small.preview()).steps).toEqual({});
    second = reinstalled;
  });
});

/** What `pulumi import --file` takes: each resource by its id alone. */
function importOf(stackName: string) {
  const ids = {
    "host:Packages packages": "packages",
    "host:Account vmail": "vmail",
    "host:Account doveauth": "doveauth",
    "host:DirectoryTree directories": "/var/vmail",
    "mail:VirtualTables addresses": "virtual-tables",
    "host:ConfigSet configuration": "config-set",
    "host:Service postfix": "postfix.service",
    "host:ChrootFiles chroot": "/var/spool/postfix",
    "host:Service dovecot": "dovecot.service",
  };
  const resources = Object.entries(ids).map(([resource, id]) => {
    const [type, name] = resource.split(" ");
    return { type: `mailhost:${type}`, name: `${settings.prefix}${name}`, id, provider: "target" };
  });
  const target = `urn:pulumi:${stackName}::provider-test::pulumi:providers:mailhost::${settings.prefix}target`;
  return { nameTable: { target }, resources };
}

describe("the real CLI with its language host", () => {
  test("deploys a program of its own folder, imports by ids alone, and shows a change on the host line by line", async () => {
    const project = join(folder(), "project");
    mkdirSync(project);
    writeFileSync(join(project, "Pulumi.yaml"), JSON.stringify({ ...projectFile, main: "index.ts" }));
    writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }));
    const programFile = join(checkoutFolder, "test/fixtures/mailHost/program.ts");
    writeFileSync(
      join(project, "index.ts"),
      `import { mailHost } from ${JSON.stringify(programFile)};
export const { versions } = mailHost(${JSON.stringify({ ...settings, target: targetOf(first) })});\n`,
    );
    symlinkSync(join(checkoutFolder, "node_modules"), join(project, "node_modules"));
    const { envVars } = await automationOptions({
      home: join(folder(), "home"),
      backendFolder: join(folder(), "state"),
      passphrase: "test",
    });
    const pulumi = async (...args: string[]) =>
      (await promisify(execFile)("pulumi", [...args, "--non-interactive"], { cwd: project, env: envVars })).stdout;

    await pulumi("stack", "init", "cli");
    await untouched(() => pulumi("up", "--yes"));
    expect(JSON.parse(await pulumi("stack", "output", "versions")).postfix).toMatch(/^3\./);

    await pulumi("stack", "init", "imported");
    await pulumi("up", "--yes", "--target", "**target");
    const importFile = join(folder(), "import.json");
    const { nameTable, resources } = importOf("imported");
    const others = resources.filter(({ id }) => id !== "vmail");
    writeFileSync(importFile, JSON.stringify({ nameTable, resources: others }));
    const importing = ["import", "--yes", "--generate-code=false", "--protect=false"];
    await untouched(async () => {
      const provider = ["--provider", `target=${nameTable.target}`];
      await pulumi(...importing, "mailhost:host:Account", `${settings.prefix}vmail`, "vmail", ...provider);
      await pulumi(...importing, "--file", importFile);
    });
    expect(await pulumi("preview")).toMatch(/^ +\d+ unchanged$/m);
    expect(await pulumi("preview")).not.toMatch(/to (create|update|delete|replace)/);
    await pulumi("stack", "select", "cli");

    await shell(first, `sed -i 's/^mydestination = .*/mydestination = tampered.example/' ${paths.mainCf}`);
    const preview = await pulumi("preview", "--diff");
    expect(preview).toMatch(/- +mydestination = tampered\.example/);
    expect(preview).toMatch(/\+ +mydestination = \$myhostname/);
    expect(preview).not.toContain("virtual_transport");
    await pulumi("up", "--yes");
    expect(await shell(first, `grep -c tampered ${paths.mainCf} || true`)).toBe("0");
  });
});

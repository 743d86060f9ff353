import { type ChildProcess, spawn } from "node:child_process";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createTransport } from "nodemailer";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { labGroup } from "../../tools/testhost/cgroups.ts";
import type { TestHost } from "../../tools/testhost/host.ts";
import { releases } from "../../tools/testhost/image.ts";
import { createLab, findLab, type Lab, removeLabByName } from "../../tools/testhost/lab.ts";
import { labMark, labPaths } from "../../tools/testhost/paths.ts";
import { mustRun } from "../../tools/testhost/processes.ts";

const labModule = join(import.meta.dirname, "../../tools/testhost/lab.ts");

/** Everything on this machine that names a lab: the list must be empty when the lab is gone. */
async function tracesOf(id: string): Promise<string[]> {
  const mark = labMark(id);
  const { folder } = labPaths(id);
  const names = (parent: string): string[] => (existsSync(parent) ? readdirSync(parent) : []);
  const lines = async (...argv: string[]): Promise<string[]> => (await mustRun(argv)).split("\n");
  const commands = names("/proc").flatMap((pid) => {
    try {
      return `process ${pid}: ${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")}`;
    } catch {
      return [];
    }
  });
  const found = [
    ...names("/sys/class/net"),
    ...names("/run/netns"),
    ...names("/run/systemd/nspawn/propagate"),
    ...(await lines("iptables", "--wait", "--list-rules")),
    ...(await lines("iptables", "--wait", "--table", "nat", "--list-rules")),
    ...readFileSync("/proc/mounts", "utf8").split("\n"),
    ...commands.filter((command) => !command.includes("testhost.test.ts")),
  ].filter((line) => line.includes(mark) || line.includes(id));
  return [...found, ...[folder, labGroup(mark)].filter((path) => existsSync(path))];
}

/** The keeper of a lab ends by itself once it is told, and dead processes wait for whoever inherits them. */
function expectNothingLeft(id: string): Promise<void> {
  return vi.waitFor(async () => expect(await tracesOf(id)).toEqual([]), { timeout: 30_000, interval: 50 });
}

/** Command line of a log-in by SSH that accepts nothing but the host's published key. */
function sshCommand(host: TestHost, command: string): [string, ...string[]] {
  const knownHosts = join(host.privateKeyFile, "..", `known_hosts.${host.name}`);
  writeFileSync(knownHosts, `${host.address} ${host.hostKey}\n`);
  const settings = [
    "StrictHostKeyChecking=yes",
    "IdentitiesOnly=yes",
    "BatchMode=yes",
    `UserKnownHostsFile=${knownHosts}`,
  ];
  const options = settings.flatMap((setting) => ["-o", setting]);
  return ["ssh", ...options, "-i", host.privateKeyFile, `${host.user}@${host.address}`, command];
}

async function succeed(host: TestHost, command: string): Promise<string> {
  const { code, stdout, stderr } = await host.run(command);
  expect({ code, stderr: code === 0 ? "" : stderr }, command).toEqual({ code: 0, stderr: "" });
  return stdout.trim();
}

describe.each(releases)("a lab with a %s host", (release) => {
  let lab: Lab;
  let host: TestHost;

  beforeAll(async () => {
    lab = await createLab();
    host = await lab.startHost({ release, addresses: 2 });
  });

  afterAll(async () => {
    await lab.remove();
    await expectNothingLeft(lab.id);
  });

  test("is a running Debian of that release with two addresses and the default route", async () => {
    expect(await succeed(host, "systemctl is-system-running")).toBe("running");
    expect(await succeed(host, ". /etc/os-release; echo debian$VERSION_ID")).toBe(release);
    expect(await succeed(host, "hostname -I")).toBe(host.addresses.join(" "));
    expect(await succeed(host, "hostname -f")).toBe("mail.domain.tld");
    expect(await succeed(host, "command -v postfix dovecot || echo none")).toBe("none");
  });

  test("accepts log-ins with its published key", async () => {
    expect((await mustRun(sshCommand(host, "id -un"))).trim()).toBe("root");
  });

  test("sees the client by the client's own address", async () => {
    const { stdout } = await lab.client.run(sshCommand(host, "echo $SSH_CONNECTION"));
    expect(stdout.split(" ")[0]).toBe(lab.client.address);
    const socket = await lab.client.connect("mail.domain.tld", 22);
    const [greeting] = await once(socket, "data");
    expect(String(greeting)).toMatch(/^SSH-2\.0-/);
    expect(await succeed(host, "ss -Htn state established sport = :22")).toContain(lab.client.address);
    socket.destroy();
    await expect(lab.client.connect(host.address, 9)).rejects.toThrow("ECONNREFUSED");
  });

  test("answers for the local, the foreign and the missing domain, and not for the silent one", async () => {
    const resolver = new Resolver({ timeout: 500, tries: 1 });
    resolver.setServers([lab.gateway]);
    for (const domain of ["domain.tld", "domain1.tld", "domain2.tld"]) {
      expect(await resolver.resolveMx(domain)).toMatchObject([{ exchange: "mail.domain.tld", priority: 10 }]);
    }
    expect(await resolver.resolve4("mail.domain.tld")).toEqual([host.address]);
    expect(await resolver.reverse(host.address)).toEqual(["mail.domain.tld"]);
    expect(await resolver.reverse(lab.client.address)).toEqual(["client.elsewhere.example"]);
    expect(await resolver.resolveMx("elsewhere.example")).toMatchObject([
      { exchange: "mx.elsewhere.example", priority: 10 },
    ]);
    expect(await resolver.resolve4("mx.elsewhere.example")).toEqual([lab.sink.address]);
    await expect(resolver.resolveMx("nowhere.example")).rejects.toMatchObject({ code: "ENOTFOUND" });
    await expect(resolver.resolveMx("silent.example")).rejects.toMatchObject({ code: "ETIMEOUT" });
    expect(await succeed(host, "getent hosts mx.elsewhere.example")).toContain(lab.sink.address);
    const { stdout } = await lab.client.run(["getent", "hosts", "mail.domain.tld"]);
    expect(stdout).toContain(host.address);
  });

  test("reaches the package mirrors", async () => {
    await succeed(host, "apt-get update --error-on=any");
  });

  test("installs Postfix without the network, and mail to the foreign domain arrives by STARTTLS", async () => {
    const install = "apt-get install --yes --no-install-recommends";
    await succeed(host, `DEBIAN_FRONTEND=noninteractive ${install} --no-download postfix postfix-lmdb rsyslog`);
    await succeed(host, "postconf -e smtp_tls_security_level=encrypt inet_protocols=ipv4 && systemctl restart postfix");
    await succeed(host, "printf 'Subject: hello\\n\\nbody\\n' | sendmail -f root@domain.tld someone@elsewhere.example");
    const message = await lab.sink.waitForMessage(({ to }) => to.includes("someone@elsewhere.example"));
    expect(message).toMatchObject({ from: "root@domain.tld", remoteAddress: host.address, tls: true });
    expect(message.header("subject")).toBe("hello");
    expect(message.source.toString()).toContain("body");
  });

  test("comes back after a reboot, a shutdown and a power cut with what was written before", async () => {
    const boots: string[] = [await succeed(host, "cat /proc/sys/kernel/random/boot_id; echo kept >/root/kept")];
    const changes = [
      () => host.reboot(),
      () => host.powerOff().then(() => host.powerOn()),
      () => host.cutPower().then(() => host.powerOn()),
    ];
    for (const change of changes) {
      await change();
      boots.push(await succeed(host, "cat /proc/sys/kernel/random/boot_id"));
      expect(await succeed(host, "cat /root/kept")).toBe("kept");
      expect((await mustRun(sshCommand(host, "hostname"))).trim()).toBe("mail");
    }
    expect(new Set(boots).size).toBe(boots.length);
  });

  test("is off after a shutdown, and nothing can be run in it", async () => {
    await host.powerOff();
    expect(host.isOn()).toBe(false);
    await expect(host.run("true")).rejects.toThrow("is off");
  });
});

test("the sink proves its identity, refuses and defers what it is asked to", async () => {
  await using lab = await createLab();
  const tls = { ca: lab.sink.certificate, servername: "mx.elsewhere.example" };
  const transport = createTransport({
    host: lab.sink.address,
    port: 25,
    requireTLS: true,
    tls,
    proxy: lab.client.proxy,
  });
  const send = (local: string): Promise<unknown> =>
    transport.sendMail({ from: "a@domain.tld", to: `${local}@elsewhere.example`, subject: local, text: "." });
  await send("one");
  expect(lab.sink.messages()).toMatchObject([{ id: 1, remoteAddress: lab.client.address, tls: true }]);
  const later = lab.sink.waitForMessage((message) => message.header("Subject") === "two");
  await send("two");
  expect(await later).toMatchObject({ id: 2, to: ["two@elsewhere.example"] });
  await expect(send("refused")).rejects.toMatchObject({ responseCode: 550 });
  await expect(send("deferred+x")).rejects.toMatchObject({ responseCode: 451 });
  await expect(lab.sink.waitForMessage(() => false, 100)).rejects.toThrow("it has received: <a@domain.tld>");
});

test("several labs and several hosts in one lab live side by side", async () => {
  await using one = await createLab();
  await using two = await createLab();
  const hosts = await Promise.all([one.startHost(), one.startHost({ name: "backup" }), two.startHost()]);
  expect(new Set(hosts.map(({ address }) => address)).size).toBe(3);
  const [mail, backup, other] = hosts;
  for (const host of hosts) expect(await succeed(host, "systemctl is-system-running")).toBe("running");
  expect((await mustRun(sshCommand(other, "hostname -I"))).trim()).toBe(other.address);
  await backup.remove();
  expect(one.hosts().map(({ name }) => name)).toEqual(["mail"]);
  const startedAt = Date.now();
  const again = await one.startHost({ name: "backup" });
  expect(Date.now() - startedAt, "ms to reach a new host at the address of a removed one").toBeLessThan(20_000);
  expect(again.address).toBe(backup.address);
  expect(again.hostKey).not.toBe(backup.hostKey);
  await mail.remove();
  await one.remove();
  await expectNothingLeft(one.id);
  expect(await succeed(other, "systemctl is-system-running")).toBe("running");
});

/** Starts a process that makes a lab with a host and then does nothing; answers it with the lab's id. */
async function startOwner(): Promise<{ owner: ChildProcess; id: string }> {
  const program = `
    const { createLab } = await import(${JSON.stringify(labModule)});
    const lab = await createLab();
    await lab.startHost();
    console.log(lab.id);
    setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(owner.stdout, "data");
  const id = String(line).trim();
  expect(await tracesOf(id)).not.toEqual([]);
  return { owner, id };
}

test("a lab disappears with its owner, however that ends", async () => {
  const { owner, id } = await startOwner();
  owner.kill("SIGKILL");
  await expectNothingLeft(id);
});

test("the next lab clears away one that has lost its owner and its keeper", async () => {
  const { owner, id } = await startOwner();
  const keeper = (await tracesOf(id)).find((trace) => trace.includes("keeperProcess.ts"));
  process.kill(Number(/^process (\d+):/.exec(keeper ?? "")?.[1]), "SIGKILL");
  const ended = once(owner, "exit");
  owner.kill("SIGKILL");
  await ended;
  expect(await tracesOf(id)).not.toEqual([]);
  await using _next = await createLab();
  await expectNothingLeft(id);
});

test("a kept lab outlives its creator, is found by name and removed by name", async () => {
  const name = "kept-by-test";
  await removeLabByName(name);
  const program = `
    const { createLab } = await import(${JSON.stringify(labModule)});
    const lab = await createLab({ name: ${JSON.stringify(name)}, keep: true });
    const host = await lab.startHost();
    await host.powerOff();
    console.log(lab.id);`;
  const id = (await mustRun([process.execPath, "--input-type=module", "-e", program])).trim();
  const lab = await findLab(name);
  const [host] = lab?.hosts() ?? [];
  if (lab === undefined || host === undefined) throw new Error("the lab or its host is not found");
  expect(host.isOn()).toBe(false);
  await host.powerOn();
  expect((await mustRun(sshCommand(host, "hostname"))).trim()).toBe("mail");
  await expect(createLab({ name, keep: true })).rejects.toThrow("already");
  expect(lab.sink.messages()).toEqual([]);
  await removeLabByName(name);
  expect(await findLab(name)).toBeUndefined();
  await expectNothingLeft(id);
});

test("a kept lab of an earlier run of the machine is recognised as gone, and its leftovers are removed", async () => {
  const name = "outlived-by-test";
  await removeLabByName(name);
  const { id } = await createLab({ name, keep: true });
  const { record } = labPaths(id);
  const earlier = { ...JSON.parse(readFileSync(record, "utf8")), bootId: "00000000-0000-0000-0000-000000000000" };
  writeFileSync(record, JSON.stringify(earlier));
  expect(await findLab(name)).toBeUndefined();
  await expectNothingLeft(id);
});

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { checkoutFolder } from "../../tools/launch/paths.mjs";
import { useTemporaryFolder } from "../helpers/temporaryFolder.ts";

const folder = useTemporaryFolder();
const patience = { timeout: 300_000, interval: 200 };

beforeEach(async () => {
  const runtime = { name: "nodejs", options: { typescript: false } };
  writeFileSync(join(folder(), "Pulumi.yaml"), JSON.stringify({ name: "slow", main: "index.ts", runtime }));
  writeFileSync(join(folder(), "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(
    join(folder(), "index.ts"),
    `import { local } from "@pulumi/command";
const create = "touch ${join(folder(), "started")}; exec sleep 1000";
new local.Command("slow", { create, addPreviousOutputInEnv: false, logging: "none" });\n`,
  );
  symlinkSync(join(checkoutFolder, "node_modules"), join(folder(), "node_modules"));
  mkdirSync(join(folder(), "state"));
  const [code] = await once(launch("stack", "init"), "close");
  expect(code).toBe(0);
});

afterEach(() => {
  for (const { pid } of processes()) process.kill(pid, "SIGKILL");
});

/** `npm run pulumi`, on a project of this test. */
function launch(...args: string[]): ChildProcess {
  const launcher = join(checkoutFolder, "tools", "launch.mjs");
  const options = ["--non-interactive", "--cwd", folder(), "--stack", "test"];
  return spawn(process.execPath, [launcher, "pulumi", ...args, ...options], {
    env: {
      ...process.env,
      TMPDIR: folder(),
      PULUMI_HOME: join(folder(), "home"),
      PULUMI_BACKEND_URL: `file://${folder()}/state`,
      PULUMI_CONFIG_PASSPHRASE: "correct horse",
    },
    stdio: "ignore",
  });
}

/** The processes of this test: their numbers and command lines. */
function processes(): { pid: number; command: string }[] {
  const read = (pid: string, file: string): string => {
    try {
      return readFileSync(join("/proc", pid, file), "utf8").replaceAll("\0", " ");
    } catch {
      return "";
    }
  };
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && read(name, "environ").includes(`TMPDIR=${folder()} `))
    .map((name) => ({ pid: Number(name), command: read(name, "cmdline") }));
}

/** Those that have to do with providers. */
function ofProviders(): string[] {
  return processes()
    .map(({ command }) => command)
    .filter((command) => /providerServer|pulumi-resource|offline|sleep/.test(command));
}

/** Starts a deployment that does not end by itself. */
async function deploy(): Promise<ChildProcess> {
  const deployment = launch("up", "--yes", "--skip-preview");
  await vi.waitFor(() => expect(existsSync(join(folder(), "started"))).toBe(true), patience);
  expect(ofProviders().filter((command) => command.includes("providerServer"))).toHaveLength(1);
  return deployment;
}

test("a deployment that is interrupted is cancelled, and leaves no process", async () => {
  const deployment = await deploy();
  const ended = once(deployment, "close");
  deployment.kill("SIGINT");
  const [code] = await ended;
  expect(code).toBeGreaterThan(0);
  expect(ofProviders()).toEqual([]);
});

test.each([
  ["no provider outlives an engine that is killed", ["pulumi up"]],
  ["a launcher that is killed leaves the providers to the engine", ["launch.mjs", "pulumi up"]],
])("%s", async (_, killed) => {
  await deploy();
  for (const name of killed) {
    expect(ofProviders().join()).toContain("sleep");
    for (const { pid, command } of processes()) if (command.includes(name)) process.kill(pid, "SIGKILL");
  }
  await vi.waitFor(() => expect(ofProviders()).toEqual([]), patience);
});

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { beforeEach, describe, expect, it } from "vitest";
import { checkoutFolder } from "../../../tools/launch/paths.mjs";
import { useTemporaryFolder } from "../../helpers/temporaryFolder.ts";

const folder = useTemporaryFolder();

/** A checkout with the real launcher, no dependencies and commands made for these tests. */
beforeEach(() => {
  for (const part of ["launch.mjs", "launch"]) {
    cpSync(join(checkoutFolder, "tools", part), join(folder(), "tools", part), { recursive: true });
  }
  for (const name of ["dependency", "another"]) {
    mkdirSync(join(folder(), name));
    writeFileSync(join(folder(), name, "package.json"), JSON.stringify({ name, version: "1.0.0" }));
  }
  lock("dependency");
  mkdirSync(join(folder(), "tools", "commands"));
  command("../outside", "console.log('not a command');");
  command("show", "const shown: unknown = process.argv.slice(2); console.log(JSON.stringify(shown));");
  command("path", "console.log(process.env.PATH?.split(':')[0], process.env.NODE_COMPILE_CACHE);");
  command("fail", "process.exitCode = 7;");
  command("wait", "process.on('SIGTERM', () => process.exit(5)); setInterval(() => {}, 1000); console.log('waiting');");
});

function command(name: string, source: string): void {
  writeFileSync(join(folder(), "tools", "commands", `${name}.ts`), `${source}\n`);
}

/** Makes a package of the checkout its only dependency. */
function lock(dependency: string): void {
  const root = { name: "checkout", version: "1.0.0", dependencies: { [dependency]: `file:${dependency}` } };
  const packages = {
    "": root,
    [dependency]: { version: "1.0.0" },
    [`node_modules/${dependency}`]: { resolved: dependency, link: true },
  };
  writeFileSync(join(folder(), "package.json"), JSON.stringify({ ...root, type: "module" }));
  writeFileSync(join(folder(), "package-lock.json"), JSON.stringify({ ...root, lockfileVersion: 3, packages }));
}

function environment(): NodeJS.ProcessEnv {
  const { NODE_COMPILE_CACHE: _, ...inherited } = process.env;
  return { ...inherited, MAILHOST_CACHE: join(folder(), "cache") };
}

function launch(...args: string[]) {
  return promisify(execFile)(process.execPath, [join(folder(), "tools", "launch.mjs"), ...args], {
    env: environment(),
  });
}

describe("the launcher", { timeout: 60_000 }, () => {
  it("installs the packages once, then runs a TypeScript command with its arguments", async () => {
    const first = await launch("show", "a b", "--flag");
    expect(first.stdout).toBe('["a b","--flag"]\n');
    expect(first.stderr).toContain("npm ci");
    const second = await launch("show");
    expect(second).toMatchObject({ stdout: "[]\n", stderr: "" });
  });

  it("installs them anew for another package-lock.json", async () => {
    await launch("show");
    lock("another");
    expect((await launch("show")).stderr).toContain("npm ci");
    expect(readdirSync(join(folder(), "node_modules"))).toContain("another");
  });

  it("installs them once for calls at the same time", async () => {
    const calls = await Promise.all([launch("show"), launch("show"), launch("show")]);
    expect(calls.filter(({ stderr }) => stderr.includes("npm ci"))).toHaveLength(1);
  });

  it("leaves alone what the developer's own npm install has put there", async () => {
    await promisify(execFile)("npm", ["install", "--no-audit", "--no-fund"], { cwd: folder() });
    expect((await launch("show")).stderr).toBe("");
  });

  it("puts its Node first in PATH and keeps compiled sources in the cache", async () => {
    const { stdout } = await launch("path");
    expect(stdout.trim()).toBe(`${dirname(process.execPath)} ${join(folder(), "cache", "compile")}`);
  });

  it("ends as the command ends", async () => {
    await launch("show");
    await expect(launch("fail")).rejects.toMatchObject({ code: 7, stderr: "" });
  });

  it("hands signals to the command", async () => {
    await launch("show");
    const launcher = spawn(process.execPath, [join(folder(), "tools", "launch.mjs"), "wait"], { env: environment() });
    await once(launcher.stdout, "data");
    launcher.kill("SIGTERM");
    expect(await once(launcher, "exit")).toEqual([5, null]);
  });

  it.each([["no-such"], ["../outside"], []])("rejects an unknown command: %j", async (...args) => {
    await expect(launch(...args)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining("known: fail, path, show, wait"),
    });
  });
});

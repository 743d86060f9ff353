import { execFile } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
import { describe, expect, it } from "vitest";
import { automationOptions } from "../../tools/engine/automation.ts";
import { pinnedVersion, satisfies } from "../../tools/engine/version.ts";
import { checkoutFolder } from "../../tools/launch/paths.mjs";
import { stateFiles } from "../helpers/stateFiles.ts";
import { useTemporaryFolder } from "../helpers/temporaryFolder.ts";

const folder = useTemporaryFolder();

function folders() {
  return { home: join(folder(), "home"), backendFolder: join(folder(), "state"), passphrase: "correct horse" };
}

describe("the launcher", () => {
  it("runs a Pulumi CLI of at least the pinned version", async () => {
    const launcher = join(checkoutFolder, "tools", "launch.mjs");
    const { stdout } = await promisify(execFile)(process.execPath, [launcher, "pulumi", "version"]);
    expect(satisfies(stdout, pinnedVersion())).toBe(true);
  });
});

describe("the engine", () => {
  it("deploys, finds nothing to change, and destroys an inline program", async () => {
    const program = async () => ({ greeting: "hello", password: pulumi.secret("opensesame") });
    const stack = await LocalWorkspace.createOrSelectStack(
      { stackName: "t", projectName: "trivial", program },
      { ...(await automationOptions(folders())), workDir: folder() },
    );
    const { outputs, summary } = await stack.up();
    expect(summary.result).toBe("succeeded");
    expect(outputs.greeting).toEqual({ value: "hello", secret: false });
    expect(outputs.password).toEqual({ value: "opensesame", secret: true });
    await stack.up({ expectNoChanges: true });
    const state = stateFiles(folders().backendFolder);
    expect(state).toContain("hello");
    expect(state).not.toContain("opensesame");
    await stack.destroy({ remove: true });
    expect(await stack.workspace.listStacks()).toEqual([]);
  });

  it("runs a TypeScript program through its language host", async () => {
    const project = join(folder(), "project");
    mkdirSync(project);
    const runtime = { name: "nodejs", options: { typescript: false } };
    writeFileSync(join(project, "Pulumi.yaml"), JSON.stringify({ name: "trivial", main: "index.ts", runtime }));
    writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }));
    writeFileSync(join(project, "index.ts"), "export const node: string = process.versions.node;\n");
    symlinkSync(join(checkoutFolder, "node_modules"), join(project, "node_modules"));
    const stack = await LocalWorkspace.createOrSelectStack(
      { stackName: "t", workDir: project },
      await automationOptions(folders()),
    );
    const { outputs } = await stack.up();
    expect(outputs.node?.value).toBe(process.versions.node);
    await stack.destroy();
  });
});

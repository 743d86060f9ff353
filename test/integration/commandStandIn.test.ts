import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation/index.js";
import { beforeEach, describe, expect, it } from "vitest";
import { automationOptions } from "../../tools/engine/automation.ts";
import { stateFiles } from "../helpers/stateFiles.ts";
import { useTemporaryFolder } from "../helpers/temporaryFolder.ts";

// What the program may rely on, whichever plugin answers: the official one or the stand-in.

const folder = useTemporaryFolder();

/** What the program below was last asked for; a test changes it between two runs. */
let args: local.CommandArgs;
let options: pulumi.CustomResourceOptions;
let stack: Stack;

beforeEach(async () => {
  writeFileSync(join(folder(), "log"), "");
  args = {
    create: 'echo create >>"$LOG"; cat; echo oops >&2',
    stdin: "hello\n",
    environment: { LOG: join(folder(), "log") },
    addPreviousOutputInEnv: false,
    logging: "none",
  };
  options = {};
  const folders = { home: join(folder(), "home"), backendFolder: join(folder(), "state"), passphrase: "correct horse" };
  const program = async () => {
    const { stdout, stderr } = new local.Command("it", args, options);
    return { stdout, stderr };
  };
  stack = await LocalWorkspace.createOrSelectStack(
    { stackName: "t", projectName: "commands", program },
    { ...(await automationOptions(folders)), workDir: folder() },
  );
});

async function deploy() {
  const { outputs, summary, stdout } = await stack.up({ color: "never" });
  return { changes: summary.resourceChanges, stdout: outputs.stdout, stderr: outputs.stderr, shown: stdout };
}

/** What the commands have left behind, in order. */
function log(): string {
  return readFileSync(join(folder(), "log"), "utf8").replaceAll("\n", " ").trim();
}

function state(): string {
  return stateFiles(join(folder(), "state"));
}

describe("a command", () => {
  it("runs when it is created, and not again while its inputs stay", async () => {
    const { changes, stdout, stderr } = await deploy();
    expect(changes).toEqual({ create: 2 });
    expect(stdout).toEqual({ value: "hello", secret: false });
    expect(stderr).toEqual({ value: "oops", secret: false });
    await stack.up({ expectNoChanges: true });
    expect(log()).toBe("create");
  });

  it("runs again when an input has changed", async () => {
    await deploy();
    args = { ...args, stdin: "goodbye" };
    const { changes, stdout } = await deploy();
    expect(changes).toEqual({ same: 1, update: 1 });
    expect(stdout?.value).toBe("goodbye");
    expect(log()).toBe("create create");
  });

  it("counts an input that was taken away as changed", async () => {
    await deploy();
    const { stdin: _, ...rest } = args;
    args = rest;
    const { changes, stdout } = await deploy();
    expect(changes).toEqual({ same: 1, update: 1 });
    expect(stdout?.value).toBe("");
  });

  it("has the environment and interpreter that it is given, and runs in the folder of the program", async () => {
    const script = "process.stdout.write(process.cwd() + ' ' + process.env.GREETING)";
    args = { ...args, create: script, environment: { GREETING: "hello" }, interpreter: ["node", "-e"] };
    expect((await deploy()).stdout?.value).toBe(`${process.cwd()} hello`);
  });
});

it("is gone after a destroy, and runs nothing then", async () => {
  await deploy();
  const { summary } = await stack.destroy();
  expect(summary.resourceChanges).toEqual({ delete: 2 });
  expect(log()).toBe("create");
});

describe("a command that fails", () => {
  it("tells the command and its output, and is run again by the next update", async () => {
    args = { ...args, create: 'echo create >>"$LOG"; echo on stdout; echo on stderr >&2; exit 3' };
    const failure = await deploy().catch(String);
    expect(failure).toMatch(/exit status 3: running ".*exit 3"/);
    expect(failure).toMatch(/on stdout\s+on stderr/);
    await expect(deploy()).rejects.toThrow(/exit status 3/);
    expect(log()).toBe("create create");
  });

  it("in an update is tried again as well", async () => {
    await deploy();
    args = { ...args, create: 'echo update >>"$LOG"; [ -e "$LOG.mended" ]' };
    await expect(deploy()).rejects.toThrow(/exit status 1/);
    writeFileSync(join(folder(), "log.mended"), "");
    expect((await deploy()).changes).toEqual({ same: 1, update: 1 });
    expect(log()).toBe("create update update");
  });

  it("because its interpreter is missing says so", async () => {
    args = { ...args, interpreter: [join(folder(), "missing")] };
    await expect(deploy()).rejects.toThrow(/ENOENT|no such file/);
  });
});

describe("a preview", () => {
  it("runs nothing", async () => {
    expect((await stack.preview()).changeSummary).toEqual({ create: 2 });
    expect(log()).toBe("");
    await deploy();
    args = { ...args, stdin: "goodbye" };
    expect((await stack.preview()).changeSummary).toEqual({ same: 1, update: 1 });
    expect(log()).toBe("create");
  });
});

describe("secrets", () => {
  it("among the inputs are secret in the state", async () => {
    args = {
      ...args,
      create: "cat >/dev/null",
      stdin: pulumi.secret("opensesame"),
      environment: { WORD: pulumi.secret("xyzzy") },
    };
    await deploy();
    expect(state()).toContain("cat >/dev/null");
    expect(state()).not.toMatch(/opensesame|xyzzy/);
  });

  it("among the outputs are those that the program names", async () => {
    args = { ...args, create: "echo opensesame" };
    options = { additionalSecretOutputs: ["stdout"] };
    const { stdout } = await deploy();
    expect(stdout).toEqual({ value: "opensesame", secret: true });
  });
});

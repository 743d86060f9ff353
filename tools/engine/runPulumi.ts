import { spawn } from "node:child_process";
import { Failure } from "../failure.ts";
import { checkoutFolder } from "../launch/paths.mjs";
import type { PreparedEngine } from "./prepareEngine.ts";

/** Where and with what input a command of the CLI runs. */
export interface RunPulumiOptions {
  /**
   * Folder of the project.
   *
   * @default - this repository
   */
  cwd?: string;
  /**
   * Text for standard input: the way for secrets, which must not appear among the arguments.
   *
   * @default ""
   */
  stdin?: string;
}

/** Runs a command of the CLI that asks nothing, and returns what it prints. A failure tells all that it said. */
export function runPulumi(
  { engine, environment }: PreparedEngine,
  args: readonly string[],
  { cwd = checkoutFolder, stdin = "" }: RunPulumiOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(engine.cli, [...args, "--non-interactive"], { cwd, env: environment });
    const stdout: Buffer[] = [];
    const everything: Buffer[] = [];
    child.stdout.on("data", (data: Buffer) => {
      stdout.push(data);
      everything.push(data);
    });
    child.stderr.on("data", (data: Buffer) => everything.push(data));
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(Buffer.concat(stdout).toString());
      else reject(new Failure(`pulumi ${args.join(" ")} failed:\n${Buffer.concat(everything).toString().trim()}`));
    });
    child.stdin.end(stdin);
  });
}

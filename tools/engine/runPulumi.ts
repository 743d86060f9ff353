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

/** A command of the CLI failed. The message tells all that it said. */
export class PulumiFailure extends Failure {
  /** What it printed, which may be JSON nevertheless. */
  readonly stdout: string;

  constructor(message: string, stdout: string) {
    super(message);
    this.stdout = stdout;
  }
}

/**
 * Runs a command of the CLI that asks nothing, and returns what it prints.
 *
 * @throws PulumiFailure
 */
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
      const printed = Buffer.concat(stdout).toString();
      if (code === 0) resolve(printed);
      else {
        const said = Buffer.concat(everything).toString().trim();
        reject(new PulumiFailure(`pulumi ${args.join(" ")} failed:\n${said}`, printed));
      }
    });
    child.stdin.end(stdin);
  });
}

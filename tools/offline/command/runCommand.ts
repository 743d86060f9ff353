import { spawn } from "node:child_process";
import { OperationError } from "../../../provider/protocol/resource.ts";

/** A command and what it runs with. */
export interface CommandRun {
  create: string;
  /** Program and first arguments, to which the command is added. */
  interpreter: readonly string[];
  /** Beyond the environment of this process. */
  environment: Readonly<Record<string, string>>;
  stdin: string;
}

/** What a command printed, without the last line break. */
export interface CommandOutput {
  stdout: string;
  stderr: string;
}

/**
 * Runs a command to its end.
 *
 * @param signal ends it
 * @throws OperationError with all that it printed, where it fails or cannot be started
 */
export async function runCommand(run: CommandRun, signal: AbortSignal): Promise<CommandOutput> {
  const [program = "", ...args] = [...run.interpreter, run.create];
  const child = spawn(program, args, { env: { ...process.env, ...run.environment }, signal });
  const both: Buffer[] = [];
  const gather = (stream: "stdout" | "stderr"): (() => string) => {
    const own: Buffer[] = [];
    child[stream].on("data", (data: Buffer) => {
      own.push(data);
      both.push(data);
    });
    return () => Buffer.concat(own).toString().replace(/\n$/, "");
  };
  const printed = { stdout: gather("stdout"), stderr: gather("stderr") };
  // A command that reads nothing closes its standard input early.
  child.stdin.on("error", () => {});
  child.stdin.end(run.stdin);
  const ending = await new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(signal === null ? `exit status ${code}` : `signal: ${signal}`));
  });
  if (ending !== "exit status 0") {
    throw new OperationError(`${ending}: running ${JSON.stringify(run.create)}:\n${Buffer.concat(both)}`);
  }
  return { stdout: printed.stdout(), stderr: printed.stderr() };
}

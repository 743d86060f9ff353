import { spawn } from "node:child_process";
import { OperationError } from "../../../provider/protocol/resource.ts";

/** A command and what it runs with. */
export interface CommandRun {
  command: string;
  /** Program and first arguments, to which the command is added. */
  interpreter: readonly string[];
  dir?: string | undefined;
  /** Beyond the environment of this process. */
  environment: Readonly<Record<string, string>>;
  stdin: string;
  /** Ends the command. */
  signal: AbortSignal;
  /** Called with each complete line, and a last incomplete one. */
  onLine(stream: "stdout" | "stderr", line: string): void;
}

/** What a command printed, without the last line break. */
export interface CommandOutput {
  stdout: string;
  stderr: string;
}

/**
 * Runs a command to its end.
 *
 * @throws OperationError with all that it printed, where it fails or cannot be started
 */
export async function runCommand(run: CommandRun): Promise<CommandOutput> {
  const [program = "", ...args] = [...run.interpreter, run.command];
  const child = spawn(program, args, {
    cwd: run.dir,
    env: { ...process.env, ...run.environment },
    signal: run.signal,
  });
  const both: Buffer[] = [];
  const gather = (stream: "stdout" | "stderr"): (() => string) => {
    const own: Buffer[] = [];
    child[stream].on("data", (data: Buffer) => {
      own.push(data);
      both.push(data);
    });
    return () => Buffer.concat(own).toString();
  };
  const printed = { stdout: gather("stdout"), stderr: gather("stderr") };
  // A command that reads nothing closes its standard input early.
  child.stdin.on("error", () => {});
  child.stdin.end(run.stdin);
  const ending = await new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(signal === null ? `exit status ${code}` : `signal: ${signal}`));
  });
  const output = { stdout: printed.stdout(), stderr: printed.stderr() };
  for (const stream of ["stdout", "stderr"] as const) {
    for (const line of linesOf(output[stream])) run.onLine(stream, line);
  }
  if (ending !== "exit status 0") {
    throw new OperationError(`${ending}: running ${JSON.stringify(run.command)}:\n${Buffer.concat(both)}`);
  }
  return { stdout: output.stdout.replace(/\n$/, ""), stderr: output.stderr.replace(/\n$/, "") };
}

function linesOf(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

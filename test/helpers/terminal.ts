import { spawn } from "node:child_process";
import { commandEnvironment } from "../../tools/testhost/processes.ts";

/** What somebody at a terminal types when he is asked something. */
export interface Answer {
  readonly question: string;
  readonly answer: string;
}

/**
 * Runs a shell command on a pseudo terminal, as a person would, and answers what it asks.
 *
 * The terminal echoes what is typed unless the command turns that off: `output` is all that the person sees.
 */
export async function runOnTerminal(
  command: string,
  answers: readonly Answer[],
  { cwd, env = {} }: { cwd: string; env?: NodeJS.ProcessEnv },
): Promise<{ code: number; output: string }> {
  const argv = ["--quiet", "--return", "--echo", "always", "--command", command, "/dev/null"];
  const terminal = spawn("script", argv, { cwd, env: { ...commandEnvironment(), ...env } });
  const left = [...answers];
  let output = "";
  let read = 0;
  terminal.stdout.on("data", (data: Buffer) => {
    output += data.toString();
    const [next] = left;
    const at = next === undefined ? -1 : output.indexOf(next.question, read);
    if (next === undefined || at < 0) return;
    left.shift();
    read = at + next.question.length;
    terminal.stdin.write(`${next.answer}\r`);
  });
  const code = await new Promise<number>((resolve, reject) => {
    terminal.once("error", reject);
    terminal.once("close", (code) => resolve(code ?? 128));
  });
  if (left.length > 0) throw new Error(`was never asked ${JSON.stringify(left[0]?.question)}:\n${output}`);
  return { code, output };
}

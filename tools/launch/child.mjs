import { spawn } from "node:child_process";
import { isatty } from "node:tty";

/** Signals that end a program; one that is sent to us is meant for the program that we run. */
const endingSignals = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Runs a program in place of this one: same terminal, and the signals that reach us reach it too.
 *
 * Ctrl-C is the exception: the terminal sends it to every process in the foreground, so that handing it on would
 * deliver it twice, which the engine takes for "stop at once, whatever the state".
 *
 * @param {string} program
 * @param {string[]} args
 * @param {import("node:child_process").SpawnOptions & { onStart?: (child: import("node:child_process").ChildProcess) => void }} [options]
 * @returns {Promise<{ code: number | null, signal: NodeJS.Signals | null }>}
 */
export function runForeground(program, args, options = {}) {
  const { onStart, ...spawnOptions } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: "inherit", ...spawnOptions });
    const atTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor));
    const handOn = (signal) => {
      if (signal !== "SIGINT" || !atTerminal) child.kill(signal);
    };
    const finish = () => {
      for (const signal of endingSignals) process.removeListener(signal, handOn);
    };
    for (const signal of endingSignals) process.on(signal, handOn);
    child.once("error", (error) => {
      finish();
      reject(new Error(`${program} cannot be started: ${error.message}`));
    });
    child.once("close", (code, signal) => {
      finish();
      resolve({ code, signal });
    });
    if (onStart !== undefined) onStart(child);
  });
}

/**
 * Ends this process as its child ended, so that callers see no difference.
 *
 * @param {{ code: number | null, signal: NodeJS.Signals | null }} ending
 */
export function endLike({ code, signal }) {
  if (signal === null) process.exitCode = code ?? 1;
  else process.kill(process.pid, signal);
}

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";

/** What a finished command left. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where commands are looked for: root's folders too, which a root shell entered by su(1) or a cron job may lack. */
export function commandPath(): string {
  return `${process.env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;
}

/** Environment of the commands that we start. */
export function commandEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: commandPath() };
}

/** Runs a command without a shell and reports how it ended, whatever that was. */
export async function run(argv: readonly string[], stdin = ""): Promise<CommandResult> {
  const [file = "", ...args] = argv;
  const child = spawn(file, args, { env: commandEnvironment(), stdio: ["pipe", "pipe", "pipe"] });
  // A command that does not read its input closes the pipe early; that is its right.
  child.stdin.on("error", () => {});
  child.stdin.end(stdin);
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 128));
  });
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

/** Runs a command that has to succeed, and answers its standard output. */
export async function mustRun(argv: readonly string[], stdin = ""): Promise<string> {
  const result = await run(argv, stdin);
  if (result.code !== 0) {
    throw new Error(`${argv.join(" ")}: exit code ${result.code}\n${result.stderr.trim()}`);
  }
  return result.stdout;
}

/** A process that cannot be confused with a later one of the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** In clock ticks after the machine's start. */
  readonly startTime: string;
  /** The run of the machine that the process belongs to. */
  readonly bootId: string;
}

export function currentBootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

/** Identity of a running process, or nothing when there is none (a zombie counts as none). */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, startTime] = [fields[0], fields[19]];
    if (startTime === undefined || state === "Z" || state === "X") return undefined;
    return { pid, startTime, bootId: currentBootId() };
  } catch {
    return undefined;
  }
}

export function isAlive(identity: ProcessIdentity): boolean {
  const now = identifyProcess(identity.pid);
  return now?.startTime === identity.startTime && now.bootId === identity.bootId;
}

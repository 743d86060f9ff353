import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { checkoutFolder } from "../launch/paths.mjs";
import type { TestHost } from "../testhost/host.ts";
import type { Project } from "./project.ts";

/** What one part of a run took: seconds of CPU, and how long it was there, in seconds since the start. */
export interface Share {
  readonly part: string;
  readonly cpuSeconds: number;
  readonly from?: number;
  readonly to?: number;
}

/** What processTimes.cjs writes. */
interface ProcessTimes {
  readonly args: readonly string[];
  readonly start: number;
  readonly end: number;
  readonly cpuSeconds: number;
}

/** A part's name, and what the arguments of its process hold. */
const parts: readonly [part: string, file: string][] = [
  ["launcher", join(checkoutFolder, "tools", "launch.mjs")],
  ["launcher", join(checkoutFolder, "tools", "commands")],
  ["program", "/@pulumi/pulumi/cmd/run"],
  ["providers", join(checkoutFolder, "tools", "engine", "providerServer.ts")],
  ["provider mailhost", join(checkoutFolder, "provider")],
  ["provider tls (stand-in)", join(checkoutFolder, "tools", "offline", "tls")],
  ["provider command (stand-in)", join(checkoutFolder, "tools", "offline", "command")],
];

/** Runs a command of the CLI once as `npm run pulumi` does, and tells where the time goes. Measuring adds to it. */
export async function sharesOf(project: Project, args: readonly string[], host?: TestHost): Promise<Share[]> {
  const times = mkdtempSync(join(tmpdir(), "mailhost-bench-times-"));
  try {
    const before = await cpuOf(host);
    const start = Date.now();
    const preload = join(import.meta.dirname, "processTimes.cjs");
    const env = {
      ...project.environment,
      // The launcher puts the engine there itself; one that it finds there it takes for the user's.
      PATH: process.env.PATH,
      NODE_OPTIONS: `--require "${preload}"`,
      MAILHOST_BENCH_TIMES: times,
    };
    const all = await cpuOfCommand([process.execPath, join(checkoutFolder, "tools", "launch.mjs"), "pulumi", ...args], {
      cwd: project.folder,
      env,
    });
    const onHost = (await cpuOf(host)) - before;
    const processes = readdirSync(times)
      .map((name): ProcessTimes => JSON.parse(readFileSync(join(times, name), "utf8")))
      .toSorted((a, b) => a.start - b.start)
      .map(({ args, start: from, end: to, cpuSeconds }) => ({
        part: parts.find(([, file]) => args.some((argument) => argument.includes(file)))?.[0] ?? "node, otherwise",
        cpuSeconds,
        from: (from - start) / 1000,
        to: (to - start) / 1000,
      }));
    const counted = processes.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
    return [
      ...processes,
      { part: "engine and language host", cpuSeconds: all - counted },
      ...(host === undefined ? [] : [{ part: "the host", cpuSeconds: onHost }]),
    ];
  } finally {
    rmSync(times, { recursive: true });
  }
}

/** Seconds of CPU of a command and all that it started: what the shell's `times` says of its children. */
async function cpuOfCommand(command: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv }) {
  const { stdout } = await promisify(execFile)("sh", ["-c", '"$@" >&2 && times', "sh", ...command], {
    ...options,
    maxBuffer: 1 << 28,
  });
  const children = stdout.trim().split("\n").at(-1) ?? "";
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
}

/** Seconds of CPU that a host has used since it was switched on. */
async function cpuOf(host: TestHost | undefined): Promise<number> {
  if (host === undefined) return 0;
  const { stdout } = await host.run("cat /sys/fs/cgroup/cpu.stat");
  return Number(/^usage_usec (\d+)$/m.exec(stdout)?.[1]) / 1e6;
}

export function reportShares(title: string, shares: readonly Share[]): string {
  const lines = shares.map(({ part, cpuSeconds, from, to }) => {
    const when = from === undefined || to === undefined ? "" : `from ${from.toFixed(1)} s to ${to.toFixed(1)} s`;
    return `  ${part.padEnd(30)}${cpuSeconds.toFixed(2)} s of CPU  ${when}`.trimEnd();
  });
  return [`${title}:`, ...lines].join("\n");
}

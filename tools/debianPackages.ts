import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, existsSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "./failure.ts";
import { withLock } from "./launch/lock.mjs";
import { commandEnvironment, commandPath } from "./testhost/processes.ts";

/** A program, or a file by its absolute path, and the Debian package that it comes from. */
export interface Requirement {
  readonly need: string;
  readonly debianPackage: string;
}

/** Whoever waits finds everything there. apt-get itself does not wait for another one that updates its lists. */
const installationLock = "/run/mailhost/packages.lock";

/**
 * Installs what is missing of `requirements` and says which packages.
 *
 * @param user who needs them, in the plural, for messages
 * @throws Failure where this machine is no Debian, or this process may not install
 */
export async function ensureInstalled(requirements: readonly Requirement[], user: string): Promise<void> {
  const missing = requirements.filter(({ need }) => !isInstalled(need));
  if (missing.length === 0) return;
  const names = missing.map(({ need }) => need).join(", ");
  const packages = [...new Set(missing.map(({ debianPackage }) => debianPackage))].join(" ");
  if (!existsSync("/etc/debian_version") || !isInstalled("apt-get")) {
    throw new Failure(`${user} need ${names}: install them (Debian packages: ${packages})`);
  }
  if (process.getuid?.() !== 0) throw new Failure(`${user} need ${names}: sudo apt-get install ${packages}`);
  await withLock(installationLock, () => install(requirements, user));
}

async function install(requirements: readonly Requirement[], user: string): Promise<void> {
  const missing = () => requirements.filter(({ need }) => !isInstalled(need));
  const packages = [...new Set(missing().map(({ debianPackage }) => debianPackage))];
  if (packages.length === 0) return;
  process.stderr.write(`installing what ${user} need: ${packages.join(" ")}\n`);
  await aptGet("update");
  await aptGet("install", "--yes", "--no-install-recommends", ...packages);
  if (missing().length === 0) return;
  throw new Failure(
    `still missing after apt-get install: ${missing()
      .map(({ need }) => need)
      .join(", ")}`,
  );
}

function isInstalled(need: string): boolean {
  if (need.startsWith("/")) return existsSync(need);
  return commandPath()
    .split(":")
    .some((folder) => {
      try {
        accessSync(join(folder, need), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

async function aptGet(...args: string[]): Promise<void> {
  const child = spawn("apt-get", ["-o", "DPkg::Lock::Timeout=600", "--quiet", ...args], {
    env: { ...commandEnvironment(), DEBIAN_FRONTEND: "noninteractive" },
    stdio: ["ignore", process.stderr, process.stderr],
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Failure(`apt-get ${args.join(" ")}: exit code ${String(code)}`);
}

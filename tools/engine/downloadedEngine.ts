import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Failure } from "../failure.ts";
import { enginesFolder, ensureEngineFolder } from "./engineFolder.ts";
import { say } from "./say.ts";
import { pinnedVersion, satisfies } from "./version.ts";

const releaseHost = "https://get.pulumi.com";

/** Where there is no answer within this time, or a refusal, there is no way to the releases. */
const answerMilliseconds = 2_500;

/** No command waits again for a host that has just not been reached. */
const memoryMilliseconds = 60 * 60_000;

/** Stand in, in tests, for the outer world. */
export interface DownloadOptions {
  host?: string;
  install?: (root: string) => Promise<void>;
}

/** The folder of a released engine in the cache. */
export function findDownloadedEngine(): string | undefined {
  return existsSync(releaseFolder()) ? releaseFolder() : undefined;
}

/**
 * Downloads the official release of the pinned version into the cache and returns its folder; nothing where releases
 * are out of reach, which is found out quickly and remembered for an hour.
 */
export async function downloadEngine({
  host = releaseHost,
  install = installRelease,
}: DownloadOptions = {}): Promise<string | undefined> {
  if (wasUnreachable()) return undefined;
  try {
    await requireAnswer(host);
    say(`downloading the Pulumi CLI ${pinnedVersion()}: no suitable one is installed`);
    return await ensureEngineFolder(releaseFolder(), {
      doing: "downloading",
      fill: install,
      onWait: () => say("waiting for another process that downloads the Pulumi CLI"),
    });
  } catch (error) {
    say(`the Pulumi CLI cannot be downloaded: ${reasonOf(error)}`);
    rememberUnreachable();
    return undefined;
  }
}

function releaseFolder(): string {
  return join(enginesFolder(), `${pinnedVersion()}-release`);
}

/** Asks for the archive's headers alone: a proxy may let the host through and refuse its files. */
async function requireAnswer(host: string): Promise<void> {
  const machine = `${process.platform}-${process.arch}`;
  const archive = `${host}/releases/sdk/pulumi-v${pinnedVersion()}-${machine}.tar.gz`;
  const { ok, status } = await fetch(archive, { method: "HEAD", signal: AbortSignal.timeout(answerMilliseconds) });
  if (!ok) throw new Failure(`${host} answers ${status}`);
}

/** By Pulumi's own installer. Loaded here, because the SDK costs most of a second. */
async function installRelease(root: string): Promise<void> {
  const { PulumiCommand } = await import("@pulumi/pulumi/automation/index.js");
  // Without a version the installer takes the SDK's own.
  const { version } = await PulumiCommand.install({ root });
  if (version === null || !satisfies(version.version, pinnedVersion())) {
    throw new Failure(`the installer brought ${version?.version ?? "an unknown version"}, not ${pinnedVersion()}`);
  }
}

function unreachableMark(): string {
  return join(enginesFolder(), "unreachable");
}

function wasUnreachable(): boolean {
  const mark = unreachableMark();
  return existsSync(mark) && Date.now() - statSync(mark).mtimeMs < memoryMilliseconds;
}

function rememberUnreachable(): void {
  mkdirSync(dirname(unreachableMark()), { recursive: true });
  writeFileSync(unreachableMark(), "");
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== "" ? error.cause.message : error.message;
}

import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Connection, Outcome } from "../../provider/connection/connection.ts";
import { HostUnreachable } from "../../provider/connection/errors.ts";
import { Host } from "../../provider/machine/host.ts";
import { Manifest } from "../../provider/machine/manifest.ts";
import type { HostContext } from "../../provider/resources/hostResource.ts";

/**
 * A host for unit tests: scripts really run, in sh(1) on this machine, with what they know of the host's own files moved
 * into a folder. Nothing outside of the folder is touched.
 */
export class LocalHost implements Connection {
  /** While it is set, nobody answers. */
  isGone = false;
  readonly folder: string;

  constructor(folder: string, { release = "13", hostId = "0".repeat(32), hasSystemd = true } = {}) {
    this.folder = folder;
    mkdirSync(join(folder, "state"), { recursive: true });
    if (hasSystemd) mkdirSync(join(folder, "systemd"), { recursive: true });
    writeFileSync(join(folder, "machine-id"), `${hostId}\n`);
    writeFileSync(join(folder, "os-release"), `ID=debian\nVERSION_ID=${release}\nPRETTY_NAME='Debian ${release}'\n`);
  }

  run(script: string): Promise<Outcome> {
    if (this.isGone) return Promise.reject(new HostUnreachable("the host does not answer"));
    const moved = this.placeOf(script);
    return new Promise((resolve) => {
      const shell = execFile("sh", ["-s"], (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
      );
      shell.stdin?.end(moved);
    });
  }

  close(): void {}

  /** A text with the places of the host's own files in the folder. */
  placeOf(text: string): string {
    return text
      .replaceAll("/var/lib/mailhost", join(this.folder, "state"))
      .replaceAll("/etc/.mailhost", join(this.folder, ".mailhost"))
      .replaceAll("/etc/machine-id", join(this.folder, "machine-id"))
      .replaceAll("/etc/os-release", join(this.folder, "os-release"))
      .replaceAll("/run/systemd/system", join(this.folder, "systemd"));
  }

  /** A new run of the provider against this host, which has learnt nothing about it yet. */
  context({ keepStateWhenUnreachable = false } = {}): HostContext {
    const host = new Host(this, "debian13", "somebody at somewhere");
    return { host, manifest: new Manifest(host), release: "debian13", keepStateWhenUnreachable, lacking: new Set() };
  }

  /** What the host remembers of the resource with this key. */
  remembered(key: string): Record<string, unknown> | undefined {
    return JSON.parse(readFileSync(join(this.folder, "state", "manifest.json"), "utf8")).resources[key];
  }
}

import { createHash } from "node:crypto";
import { feed, sh } from "../connection/shell.ts";
import { OperationError } from "../protocol/resource.ts";
import { isRecord, type Properties } from "../protocol/values.ts";
import type { Host } from "./host.ts";
import { STATE_DIRECTORY } from "./paths.ts";

const MANIFEST = `${STATE_DIRECTORY}/manifest.json`;
const CHANGED_MEANWHILE = "MANIFEST_CHANGED_MEANWHILE";

/** What the host remembers of one resource. */
export interface ManifestEntry extends Properties {
  /** A random mark made by Create. Delete removes only what bears the mark it knows. */
  instance: string;
}

/** `/var/lib/mailhost/manifest.json`: which resource made what on this host. */
export class Manifest {
  readonly #host: Host;
  #lastWrite: Promise<void> = Promise.resolve();

  constructor(host: Host) {
    this.#host = host;
  }

  /** The entry of a resource, such as `mailhost:host:Account vmail`. */
  async entry(key: string): Promise<ManifestEntry | undefined> {
    return parseManifest(await this.#read())[key];
  }

  /** Writes or, with undefined, removes an entry, when the writes that were asked for before are done. */
  setEntry(key: string, entry: ManifestEntry | undefined): Promise<void> {
    const write = this.#lastWrite.then(() => this.#write(key, entry));
    this.#lastWrite = write.catch(() => {});
    return write;
  }

  /** The file is written only if it is as it was read; else another run has written it, and it is read again. */
  async #write(key: string, entry: ManifestEntry | undefined): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const before = await this.#read();
      const { [key]: _, ...others } = parseManifest(before);
      const after = formatManifest(entry === undefined ? others : { ...others, [key]: entry });
      if (after === before) return;
      try {
        await this.#host.change(replaceManifest(before, after));
        return;
      } catch (error) {
        const changedMeanwhile = error instanceof Error && error.message.includes(CHANGED_MEANWHILE);
        if (!changedMeanwhile || attempt === 5) throw error;
      }
    }
  }

  #read(): Promise<string> {
    return this.#host.ask(sh`cat ${MANIFEST} 2>/dev/null || true`);
  }
}

function replaceManifest(before: string, after: string) {
  const digest = createHash("sha256").update(before).digest("hex");
  return sh`
if [ "$(cat ${MANIFEST} 2>/dev/null | sha256sum | cut -d' ' -f1)" != ${digest} ]; then
  echo ${CHANGED_MEANWHILE} >&2
  exit 1
fi
${feed(after, sh`write_to ${MANIFEST}.new`)}
sync ${MANIFEST}.new
mv ${MANIFEST}.new ${MANIFEST}
sync ${STATE_DIRECTORY}`;
}

function parseManifest(text: string): Record<string, ManifestEntry> {
  if (text.trim() === "") return {};
  try {
    const manifest: unknown = JSON.parse(text);
    if (isRecord(manifest) && manifest.version === 1 && isRecord(manifest.resources)) {
      return manifest.resources as Record<string, ManifestEntry>;
    }
  } catch {
    // told below
  }
  throw new OperationError(
    `${MANIFEST} on the host cannot be read; restore it, or remove it if nothing of this deployment may be deleted by it`,
  );
}

function formatManifest(entries: Record<string, ManifestEntry>): string {
  const resources = Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify({ version: 1, resources }, undefined, 2)}\n`;
}

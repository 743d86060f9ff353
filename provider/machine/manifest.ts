import { createHash } from "node:crypto";
import { feed, lines, sh } from "../connection/shell.ts";
import { OperationError } from "../protocol/resource.ts";
import { isRecord, type Properties } from "../protocol/values.ts";
import type { Host } from "./host.ts";
import { STATE_DIRECTORY } from "./paths.ts";

const MANIFEST = `${STATE_DIRECTORY}/manifest.json`;
/**
 * Entries that came to the host together with what they tell of, and are not in the manifest yet. On the file system of the files of
 * all daemons, like the stage of a change, so that it is renamed into place with them.
 */
const BROUGHT = "/etc/.mailhost-manifest.json";
const CHANGED_MEANWHILE = "MANIFEST_CHANGED_MEANWHILE";

/** What the host remembers of one resource. */
export interface ManifestEntry extends Properties {
  /** A random mark made by Create. Delete removes only what bears the mark it knows. */
  instance: string;
}

/** A file that brings an entry to the host. */
export interface EntryFile {
  path: string;
  /** Its text now, if it is there. */
  before: string | undefined;
  text: string;
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
    const { manifest, brought } = await this.#read();
    return { ...parseManifest(manifest), ...parseManifest(brought, BROUGHT) }[key];
  }

  /**
   * For a change that puts files into place together: with this one among them the entry is remembered from that moment on, even
   * if nobody lives to call {@link setEntry}.
   */
  async entryFile(key: string, entry: ManifestEntry): Promise<EntryFile> {
    const { brought } = await this.#read();
    return { path: BROUGHT, before: brought === "" ? undefined : brought, text: formatManifest({ [key]: entry }) };
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
      const { [key]: _, ...others } = parseManifest(before.manifest);
      const after = formatManifest(entry === undefined ? others : { ...others, [key]: entry });
      const wasBrought = parseManifest(before.brought, BROUGHT)[key] !== undefined;
      if (after === before.manifest && !wasBrought) return;
      try {
        await this.#host.change(lines([replaceManifest(before, after), ...(wasBrought ? [removeBrought] : [])]));
        return;
      } catch (error) {
        const changedMeanwhile = error instanceof Error && error.message.includes(CHANGED_MEANWHILE);
        if (!changedMeanwhile || attempt === 5) throw error;
      }
    }
  }

  async #read(): Promise<Texts> {
    const [manifest, brought] = await Promise.all(
      [MANIFEST, BROUGHT].map((file) => this.#host.ask(sh`cat ${file} 2>/dev/null || true`)),
    );
    return { manifest: manifest ?? "", brought: brought ?? "" };
  }
}

/** The texts of the two files, empty where there is none. */
interface Texts {
  manifest: string;
  brought: string;
}

function replaceManifest({ manifest, brought }: Texts, after: string) {
  const digest = createHash("sha256").update(manifest).update(brought).digest("hex");
  return sh`
if [ "$(cat ${MANIFEST} ${BROUGHT} 2>/dev/null | sha256sum | cut -d' ' -f1)" != ${digest} ]; then
  echo ${CHANGED_MEANWHILE} >&2
  exit 1
fi
${feed(after, sh`write_to ${MANIFEST}.new`)}
sync ${MANIFEST}.new
mv ${MANIFEST}.new ${MANIFEST}
sync ${STATE_DIRECTORY}`;
}

const removeBrought = sh`
rm -f ${BROUGHT}
sync /etc`;

function parseManifest(text: string, file = MANIFEST): Record<string, ManifestEntry> {
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
    `${file} on the host cannot be read; restore it, or remove it if nothing of this deployment may be deleted by it`,
  );
}

function formatManifest(entries: Record<string, ManifestEntry>): string {
  const resources = Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify({ version: 1, resources }, undefined, 2)}\n`;
}

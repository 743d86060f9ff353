import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { feed, lines, Script, sh } from "../connection/shell.ts";
import type { Host } from "./host.ts";

/** A file or directory as it is on the host. */
export interface Observed {
  kind: "file" | "directory" | "other";
  /** `owner:group mode`, such as `root:root 0644`. */
  attributes: string;
  /** Text of a file, or where it is no text what stands for it. */
  content?: string;
}

/** What stands for a file that is no text, wherever a text is compared or shown. */
const binary = {
  of: (bytes: Buffer) => `[not UTF-8: sha256 ${sha256(bytes)}]\n`,
  pattern: /^\[not UTF-8: sha256 (\w{64})\]\n$/,
};

/** The SHA-256 of the bytes of a file of this content, as sha256sum(1) prints it. */
export function contentDigest(content: string): string {
  return binary.pattern.exec(content)?.[1] ?? sha256(content);
}

/** Whether a content is the text of the file, and does not stand for bytes that are none. */
export function isText(content: string): boolean {
  return !binary.pattern.test(content);
}

function sha256(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

/**
 * Looks at paths, contents of files included. Paths that do not exist are absent in the answer. A symbolic link is
 * followed: an administrator may keep a file elsewhere.
 *
 * @param reader makes the script one that is run by another user than root
 */
export async function observePaths(
  host: Host,
  paths: readonly string[],
  reader: (script: Script) => Script = (script) => script,
): Promise<Map<string, Observed>> {
  if (paths.length === 0) return new Map();
  const answer = await host.ask(
    reader(sh`
while IFS= read -r path; do
  [ -e "$path" ] || { echo absent; continue; }
  stat -L -c '%F|%U:%G %04a' -- "$path"
  [ -f "$path" ] && base64 -w0 -- "$path"
  echo
done <<'END_OF_PATHS'
${new Script(paths.map((path) => `${path}\n`).join(""))}END_OF_PATHS`),
  );
  const observed = new Map<string, Observed>();
  const answers = answer.split("\n")[Symbol.iterator]();
  for (const path of paths) {
    const status = answers.next().value ?? "";
    // An empty status: there is no such reader on the host yet.
    if (status === "absent" || status === "") continue;
    const [type = "", attributes = ""] = status.split("|");
    const bytes = Buffer.from(answers.next().value ?? "", "base64");
    const content = isUtf8(bytes) ? bytes.toString() : binary.of(bytes);
    const kind = type.startsWith("regular") ? "file" : type === "directory" ? "directory" : "other";
    observed.set(path, { kind, attributes, ...(kind === "file" ? { content } : {}) });
  }
  return observed;
}

/** `owner:group mode` in two words, for install(1) and chmod(1). */
export function splitAttributes(attributes: string): { owner: string; group: string; mode: string } {
  const [, owner = "", group = "", mode = ""] = /^([^:\s]+):([^:\s]+) (0?[0-7]{3,4})$/.exec(attributes) ?? [];
  return { owner, group, mode };
}

/** What `owner:group mode` must look like. */
export const ATTRIBUTES_PATTERN = /^[a-z_][\w.-]*:[a-z_][\w.-]* [0-7]{4}$/;

/** Makes a file that nobody reads yet, with its final attributes from the first byte. It is not on the disk yet. */
export function stageFile(path: string | Script, content: string, attributes: string): Script {
  const { owner, group, mode } = splitAttributes(attributes);
  return sh`
install -m ${mode} -o ${owner} -g ${group} /dev/null ${path}
${feed(content, sh`write_to ${path}`)}`;
}

/**
 * Writes a file so that no reader ever sees a part of it or wrong owners: a staged one is renamed over the old one, and its new
 * name is brought to disk too.
 */
export function writeFile(path: string, content: string, attributes: string): Script {
  const staging = `${path}.mailhost-new`;
  return sh`
${stageFile(staging, content, attributes)}
sync ${staging}
mv -f ${staging} ${path}
sync ${dirname(path)}`;
}

export function removeFiles(paths: readonly string[]): Script {
  return lines(paths.map((path) => sh`rm -f -- ${path}`));
}

/** Gives owner, group and mode to what is there. */
export function giveAttributes(path: string | Script, attributes: string): Script {
  const { owner, group, mode } = splitAttributes(attributes);
  return sh`chown ${owner}:${group} ${path} && chmod ${mode} ${path}`;
}

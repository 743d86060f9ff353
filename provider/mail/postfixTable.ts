import { feed, Script, sh } from "../connection/shell.ts";
import { giveAttributes } from "../host/files.ts";
import type { Host } from "../host/host.ts";

/** The map type that a release's Postfix is given: see DATABASE_README and postmap(1). */
export function mapTypeOf(release: string): "lmdb" | "hash" {
  return release === "debian12" ? "hash" : "lmdb";
}

const SUFFIXES = { lmdb: "lmdb", hash: "db" } as const;

/** Only root and the daemons may know who has a mailbox here. */
export const TABLE_ATTRIBUTES = "root:postfix 0640";

/**
 * The text of a table as Postfix sees it: the source, if the compiled table says the same, else the compiled one.
 * Undefined where there is no table.
 */
export async function readTable(host: Host, mapType: "lmdb" | "hash", path: string): Promise<string | undefined> {
  const compiled = `${path}.${SUFFIXES[mapType]}`;
  const answer = await host.ask(sh`
[ -f ${compiled} ] || { echo absent; exit 0; }
base64 -w0 ${path} 2>/dev/null; echo
${withConfiguration(sh`postmap -c "$configuration" -s ${`${mapType}:${path}`}`)} 2>/dev/null | base64 -w0`);
  const [first = "", second = ""] = answer.split("\n");
  if (first === "absent") return undefined;
  const [source, dump] = [first, second].map((text) => Buffer.from(text, "base64").toString());
  return sameEntries(source ?? "", dump ?? "") ? source : sortLines(dump ?? "");
}

/** Compiles `text` beside the table and renames both over it, so that a look-up finds the old table or the new one. */
export function writeTable(mapType: "lmdb" | "hash", path: string, text: string): Script {
  const suffix = SUFFIXES[mapType];
  return sh`
new=$(mktemp -d ${path}.XXXXXX)
chmod 0700 "$new"
${feed(text, sh`cat >"$new/table"`)}
${withConfiguration(sh`postmap -c "$configuration" ${mapType}:"$new/table"`)}
${giveAttributes(new Script('"$new"/table*'), TABLE_ATTRIBUTES)}
sync "$new/table" "$new"/table.${suffix}
mv -f "$new"/table.${suffix} ${path}.${suffix}
mv -f "$new/table" ${path}
rmdir "$new"`;
}

export function tablePaths(mapType: "lmdb" | "hash", path: string): string[] {
  return [path, `${path}.${SUFFIXES[mapType]}`];
}

/**
 * postmap(1) wants a main.cf, and on a new host there is none yet. It waits while the file is younger than two seconds,
 * lest somebody is still writing it.
 */
function withConfiguration(command: Script): Script {
  return sh`{
  configuration=$(mktemp -d)
  echo 'compatibility_level = 3.6' >"$configuration/main.cf"
  touch -d '1 minute ago' "$configuration/main.cf"
  ${command}
  rm -r "$configuration"
}`;
}

function sameEntries(source: string, dump: string): boolean {
  const normalise = (text: string) =>
    text
      .split("\n")
      .filter((line) => line.trim() !== "" && !line.startsWith("#"))
      .map((line) => line.trim().replace(/\s+/, " "))
      .sort()
      .join("\n");
  return normalise(source) === normalise(dump);
}

function sortLines(text: string): string {
  return text
    .split(/(?<=\n)/)
    .sort()
    .join("");
}

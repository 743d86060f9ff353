import { dirname } from "node:path";
import type { MapType } from "../../shared/releases/release.ts";
import { compiledTable } from "../../shared/tables.ts";
import { feed, Script, sh } from "../connection/shell.ts";
import { giveAttributes } from "../machine/files.ts";
import type { Host } from "../machine/host.ts";

/**
 * The text of a table, undefined where there is none that Postfix can open; of the source alone where Postfix lacks the map type.
 * Where the source and the compiled table say different things it is the one that is not as `wanted`: what Postfix sees, or, if
 * only that is as wanted, the source.
 */
export async function readTable(
  host: Host,
  mapType: MapType,
  path: string,
  wanted: string | undefined,
): Promise<string | undefined> {
  const compiled = compiledTable(mapType, path);
  const answer = await host.ask(sh`
[ -f ${compiled} ] || { echo absent; exit 0; }
base64 -w0 ${path} 2>/dev/null; echo
${withConfiguration(sh`if ! postconf -c "$configuration" -m | grep -qx ${mapType}; then
  echo unreadable
elif entries=$(postmap -c "$configuration" -s ${`${mapType}:${path}`}); then
  printf '%s\n' "$entries" | base64 -w0
else
  echo damaged
fi`)} 2>/dev/null`);
  const [first = "", second = ""] = answer.split("\n");
  if (first === "absent" || second === "damaged") return undefined;
  const source = Buffer.from(first, "base64").toString();
  if (second === "unreadable") return source;
  const seen = entriesOf(Buffer.from(second, "base64").toString());
  const isUpToDate = entriesOf(source) === seen;
  return isUpToDate || seen === entriesOf(wanted ?? "") ? source : seen;
}

/** Makes the directory `$tables`, in which tables are compiled, and on the way out removes it with what is left there. */
export const tableStage = sh`
tables=$(mktemp -d /etc/postfix/.mailhost-tables.XXXXXX)
trap 'rm -rf "$tables"' EXIT`;

/** Compiles `text` in {@link tableStage} and renames it over the table: a look-up finds the old one or the new one. */
export function writeTable(mapType: MapType, path: string, text: string, attributes: string): Script {
  const staged = new Script(compiledTable(mapType, '"$tables"/table'));
  return sh`
${feed(text, sh`write_to "$tables/table"`)}
${withConfiguration(sh`postmap -c "$configuration" ${mapType}:"$tables/table"`)}
${giveAttributes(new Script('"$tables"/table*'), attributes)}
sync "$tables/table" ${staged}
mv -f ${staged} ${compiledTable(mapType, path)}
mv -f "$tables/table" ${path}
sync ${dirname(path)}`;
}

export function tablePaths(mapType: MapType, path: string): string[] {
  return [path, compiledTable(mapType, path)];
}

/**
 * postmap(1) wants a main.cf, and on a new host there is none yet. It waits while the file is younger than two seconds,
 * lest it is still being written.
 */
function withConfiguration(command: Script): Script {
  return sh`{
  configuration=$(mktemp -d) && echo 'compatibility_level = 3.6' | write_to "$configuration/main.cf" || {
    echo unreadable
    exit 1
  }
  touch -d '1 minute ago' "$configuration/main.cf"
  ${command}
  rm -r "$configuration"
}`;
}

/** The entries of a table in one form, sorted: `key value` a line. */
function entriesOf(text: string): string {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#"))
    .map((line) => `${line.trim().replace(/\s+/, " ")}\n`)
    .sort()
    .join("");
}

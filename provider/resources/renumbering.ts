import { lines, type Script, sh } from "../connection/shell.ts";
import type { Host } from "../machine/host.ts";

/** An account or a group of the host that gets another number. */
export interface Renumbering {
  kind: "uid" | "gid";
  /** Of the account or the group. */
  name: string;
  from: number;
  to: number;
}

/** Files that one directory holds, in it or further below. */
interface Holding {
  directory: string;
  count: number;
}

/** As many directories as one message names. */
const MANY = 5;

/** What a renumbering does to files, for a preview: those below the home follow, no others. */
export async function foreseeRenumbering(host: Host, change: Renumbering, home: string): Promise<string> {
  const { kind, name, from, to } = change;
  const holdings = parseHoldings(await host.ask(findAll(change)));
  const isBelow = ({ directory }: Holding) => directory === home || directory.startsWith(`${home}/`);
  const [below, elsewhere] = [holdings.filter(isBelow), holdings.filter((holding) => !isBelow(holding))];
  const who = kind === "uid" ? "account" : "group";
  const found = `the ${who} ${name} is on the host with ${kind} ${from}: it gets ${to}, and so do ${total(below)} of it below ${home}`;
  if (elsewhere.length === 0) return found;
  const named = elsewhere.slice(0, MANY);
  const places = named.map(({ directory, count }) => `${directory} (${count})`).join(", ");
  const more = elsewhere.length > MANY ? ` and ${elsewhere.length - MANY} more` : "";
  const command = `find ${named.map(({ directory }) => directory).join(" ")} -xdev -${kind} ${from} -exec ${changer(kind)} -h ${to} {} +`;
  return `${found}. Elsewhere it leaves ${total(elsewhere)} with ${from}, which no account has then: ${places}${more}. To give them to ${name} afterwards: ${command}`;
}

/** Gives the files below the home their new number. */
export function renumberFiles({ kind, from, to }: Renumbering, home: string): Script {
  return sh`[ ! -d ${home} ] || find -H ${home} -xdev ${`-${kind}`} ${from} -exec ${changer(kind)} -h ${to} '{}' +`;
}

/** Processes that run under a number that is to go: usermod(8) refuses to take it away. `name (process id)` */
export async function processesOf(host: Host, uid: number): Promise<string[]> {
  const answer = await host.ask(sh`
find /proc -maxdepth 1 -name '[0-9]*' -uid ${uid} 2>/dev/null | while IFS= read -r process; do
  echo "$(cat "$process/comm") ($(basename "$process"))"
done`);
  return answer.split("\n").filter((line) => line !== "");
}

/** Reads `COUNT DIRECTORY` lines. */
export function parseHoldings(answer: string): Holding[] {
  return answer.split("\n").flatMap((line) => {
    const [, count, directory] = /^(\d+) (\/.*)$/.exec(line) ?? [];
    return directory === undefined ? [] : [{ directory, count: Number(count) }];
  });
}

function changer(kind: Renumbering["kind"]): string {
  return kind === "uid" ? "chown" : "chgrp";
}

function total(holdings: readonly Holding[]): string {
  const count = holdings.reduce((sum, { count }) => sum + count, 0);
  return count === 1 ? "1 file" : `${count} files`;
}

/** On the file systems of the machine itself: the outermost directories with such files, and how many are there. */
function findAll({ kind, from }: Renumbering): Script {
  return lines([
    sh`df --local --output=target --exclude-type=devtmpfs 2>/dev/null | sed 1d | while IFS= read -r mount; do`,
    sh`  find "$mount" -xdev ${`-${kind}`} ${from} -printf '%y %p\n' 2>/dev/null`,
    sh`done | awk '
  {
    path = substr($0, 3)
    if (outermost == "" || index(path "/", outermost "/") != 1) {
      outermost = path
      if ($1 != "d") sub("/[^/]*$", "", outermost)
      if (outermost == "") outermost = "/"
      directories[++found] = outermost
    }
    count[outermost]++
  }
  END { for (i = 1; i <= found; i++) if (!told[directories[i]]++) print count[directories[i]], directories[i] }'`,
  ]);
}

import { vmail } from "../../shared/accounts.ts";
import { type Script, sh } from "../connection/shell.ts";
import { linesOf } from "./textLines.ts";

/** A home that the owner of all mail cannot use. */
export interface LockedHome {
  home: string;
  /** The first directory that is wrong: the home or one in it. */
  path: string;
  /** `owner:group` of that. */
  owner: string;
  mode: string;
}

/** Directories of the mail root that hold no homes, which those named after domains do. */
export const noDomains = ["auth.d", "conf.d", "public"] as const;

/** Where all that belongs to a user lies. */
export function homeOf(mailRoot: string, address: string): string {
  const [user, domain] = address.split("@");
  return `${mailRoot}/${domain}/${user}`;
}

/** As many homes as one message names. */
const MANY = 3;

/**
 * A script that prints a line for each home in which a directory belongs to another account, as a migration leaves it, or is
 * closed to its own owner.
 *
 * @param list prints the paths of the homes
 * @param owner of all mail; a home that has the number of vmail will be that account's when it is there
 */
export function findLockedHomes(list: Script, owner: string): Script {
  return sh`
{
${list}
} | xargs -r -d '\n' sh -c 'owner=$1 uid=$2
shift 2
id -u "$owner" >/dev/null 2>&1 || owner=$uid
find -H "$@" -maxdepth 2 -type d "(" ! -user "$owner" ! -uid "$uid" -o ! -perm -u=rwx ")" -printf "%H %u:%g %04m %p\n" 2>/dev/null
true' sh ${owner} ${vmail.uid} | awk '!told[$1]++'`;
}

/** Reads the answer of {@link findLockedHomes}. */
export function parseLockedHomes(answer: string): LockedHome[] {
  return linesOf(answer).map((line) => {
    const [, home = "", owner = "", mode = "", path = ""] = /^(\S+) (\S+) (\S+) (.*)$/.exec(line) ?? [];
    return { home, path, owner, mode };
  });
}

/** What is wrong, and the command that mends it: one message for all homes that it mends. */
export function lockedHomeProblems(locked: readonly LockedHome[], owner: string): string[] {
  const ownersName = owner.split(":")[0];
  const byRemedy = Map.groupBy(locked, (home) => (home.owner.split(":")[0] === ownersName ? "mode" : "owner"));
  return [...byRemedy].map(([what, homes]) => {
    const named = homes
      .slice(0, MANY)
      .map(({ home, path, owner, mode }) =>
        what === "mode"
          ? `${path} has mode ${mode}`
          : `${path} belongs to ${owner}${path === home ? "" : `, in the home ${home}`}`,
      );
    const more = homes.length > MANY ? ` and ${homes.length - MANY} more` : "";
    const places =
      homes.length > MANY ? homes.map(({ home }) => home.replace(/\/[^/]*$/, "")) : homes.map(({ home }) => home);
    const command = what === "mode" ? "chmod -R u+rwX" : `chown -R ${owner}`;
    return `homes that neither deliveries nor IMAP can use: ${named.join("; ")}${more}. Mend it on the host: ${command} ${[...new Set(places)].join(" ")}`;
  });
}

import { noPassword } from "../../shared/passwdUser.ts";
import { type Hashes, revealHashes, usersOf } from "./passwdFile.ts";
import { linesOf, sortedText } from "./textLines.ts";

/** The passwd files of all domains, as they may be shown, and the hashes that belong into them. */
export interface Users {
  /** Domain to its passwd file, with fingerprints for hashes. */
  users: Record<string, string>;
  hashes: Hashes;
}

/** Domain and new text of its passwd file. */
type PasswdFile = readonly [domain: string, text: string];

/** How the passwd files change around a change of Postfix's tables. */
export interface UserPlan {
  /** Written before the tables: with everybody who stays or comes, and those who go. */
  opened: PasswdFile[];
  /** Written after the tables: without those who go. */
  closed: PasswdFile[];
  /** Domains whose passwd file goes after the tables. */
  dropped: string[];
  /** Addresses that may no longer be logged in: see {@link lockedOutUsers}. */
  lockedOut: string[];
}

/**
 * Plans the change so that nothing bounces in between: a new user can log in and be delivered to before the tables
 * name them, and a user that goes leaves after the tables have forgotten them.
 */
export function planUsers(present: Users, wanted: Users): UserPlan {
  const lockedOut = lockedOutUsers(present.users, wanted.users);
  const plan: UserPlan = { opened: [], closed: [], dropped: [], lockedOut };
  const hashes = new Map([...present.hashes, ...wanted.hashes]);
  for (const [domain, shown] of Object.entries(wanted.users)) {
    const before = revealHashes(present.users[domain] ?? "", present.hashes);
    const after = revealHashes(shown, hashes);
    const leaving = linesOfLeaving(before, after);
    const between = leaving.length === 0 ? after : sortedText([...linesOf(after), ...leaving]);
    if (between !== before || present.users[domain] === undefined) plan.opened.push([domain, between]);
    if (between !== after) plan.closed.push([domain, after]);
  }
  plan.dropped.push(...Object.keys(present.users).filter((domain) => wanted.users[domain] === undefined));
  return plan;
}

/** Addresses that are removed, or disabled, by a change of the passwd files. */
export function lockedOutUsers(present: Users["users"], wanted: Users["users"]): string[] {
  return Object.entries(present).flatMap(([domain, before]) => {
    const after = wanted[domain] ?? "";
    return [...addressesOf(linesOfLeaving(before, after).join("\n")), ...newlyDisabled(before, after)];
  });
}

function addressesOf(text: string): string[] {
  return usersOf(text).map(({ address }) => address);
}

function linesOfLeaving(before: string, after: string): string[] {
  const staying = new Set(addressesOf(after));
  return linesOf(before).filter((line) => addressesOf(line).some((address) => !staying.has(address)));
}

function newlyDisabled(before: string, after: string): string[] {
  const disabled = (text: string) =>
    new Set(usersOf(text).flatMap(({ address, password }) => (password === noPassword ? [address] : [])));
  return [...disabled(after).difference(disabled(before))];
}

import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sh } from "../../../../provider/connection/shell.ts";
import {
  findLockedHomes,
  type LockedHome,
  lockedHomeProblems,
  parseLockedHomes,
} from "../../../../provider/mail/homes.ts";
import { useTemporaryFolder } from "../../../helpers/temporaryFolder.ts";

const folder = useTemporaryFolder();

test("homes with a directory that its owner cannot use are found, once each", () => {
  const homes = ["good", "closed", "inside", "absent"].map((name) => join(folder(), name));
  const [good = "", closed = "", inside = ""] = homes;
  for (const home of [good, closed, inside]) mkdirSync(join(home, "maildir/cur"), { recursive: true });
  chmodSync(join(closed, "maildir"), 0o500);
  chmodSync(join(inside, "maildir/cur"), 0o600);
  chmodSync(inside, 0o2700);
  const script = findLockedHomes(sh`printf '%s\\n' ${homes}`, userInfo().username);
  const locked = parseLockedHomes(execFileSync("sh", ["-c", script.text], { encoding: "utf8" }));
  expect(locked.map(({ home, path, mode }) => [home, path, mode])).toEqual([
    [closed, join(closed, "maildir"), "0500"],
    [inside, join(inside, "maildir/cur"), "0600"],
  ]);
  const nobody = findLockedHomes(sh`printf '%s\\n' ${homes}`, "nobody");
  const foreign = parseLockedHomes(execFileSync("sh", ["-c", nobody.text], { encoding: "utf8" }));
  expect(foreign.map(({ path }) => path)).toEqual([good, closed, inside]);
});

const home = (name: string, more: Partial<LockedHome> = {}): LockedHome => {
  const path = `/var/vmail/domain.tld/${name}`;
  return { home: path, path, owner: "1001:1001", mode: "2700", ...more };
};

test("a message names homes, owners and the command that mends them", () => {
  expect(
    lockedHomeProblems([home("a"), home("b", { path: "/var/vmail/domain.tld/b/maildir" })], "vmail:vmail"),
  ).toEqual([
    "homes that neither deliveries nor IMAP can use: /var/vmail/domain.tld/a belongs to 1001:1001; /var/vmail/domain.tld/b/maildir belongs to 1001:1001, in the home /var/vmail/domain.tld/b. Mend it on the host: chown -R vmail:vmail /var/vmail/domain.tld/a /var/vmail/domain.tld/b",
  ]);
  expect(lockedHomeProblems([home("a", { owner: "vmail:vmail", mode: "0500" })], "vmail:vmail")).toEqual([
    "homes that neither deliveries nor IMAP can use: /var/vmail/domain.tld/a has mode 0500. Mend it on the host: chmod -R u+rwX /var/vmail/domain.tld/a",
  ]);
});

test("of many homes a message names a few, and the folder of their domain", () => {
  const [problem] = lockedHomeProblems(
    ["a", "b", "c", "d", "e"].map((name) => home(name)),
    "vmail:vmail",
  );
  expect(problem).toMatch(
    /c belongs to 1001:1001 and 2 more\. Mend it on the host: chown -R vmail:vmail \/var\/vmail\/domain\.tld$/,
  );
});

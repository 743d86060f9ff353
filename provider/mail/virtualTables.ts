import { z } from "zod";
import { feed, lines, type Script, sh } from "../connection/shell.ts";
import { giveAttributes, observePaths, removeFiles, writeFile } from "../host/files.ts";
import type { CheckFailure } from "../protocol/resource.ts";
import { absolutePath } from "../resources/absolutePath.ts";
import { hostResource, namesOf } from "../resources/hostResource.ts";
import { addressesOf, concealHashes, formatHashes, missingHashes, parseHashes, revealHashes } from "./passwdFile.ts";
import { mapTypeOf, readTable, TABLE_ATTRIBUTES, tablePaths, writeTable } from "./postfixTable.ts";

interface Inputs {
  mailRoot: string;
  users: Record<string, string>;
  hashes: string;
  mailboxes: string;
  aliases: string;
  senders: string;
  acls: Record<string, string>;
  sieve: Record<string, string>;
  unexpectedAttributes: Record<string, string>;
}

/** Where Postfix is told to look: main.cf names the same paths. */
const TABLES = {
  mailboxes: "/etc/postfix/vmailbox",
  aliases: "/etc/postfix/virtual",
  senders: "/etc/postfix/sender_login",
} as const;

type TableName = keyof typeof TABLES;
const TABLE_NAMES = Object.keys(TABLES) as TableName[];

/** Read by Dovecot's auth service alone. */
const PASSWD_ATTRIBUTES = "doveauth:dovecot 0400";
const ACL_ATTRIBUTES = "vmail:vmail 0400";
const SIEVE_ATTRIBUTES = "vmail:vmail 0600";

/** What a file of ours must have, told by where it lies. */
function attributesOf(mailRoot: string, path: string): string {
  if (path.startsWith(`${mailRoot}/auth.d/`)) return PASSWD_ATTRIBUTES;
  if (path.startsWith(`${mailRoot}/conf.d/`)) return ACL_ATTRIBUTES;
  return path.startsWith(`${mailRoot}/`) ? SIEVE_ATTRIBUTES : TABLE_ATTRIBUTES;
}

const passwdPath = (mailRoot: string, domain: string) => `${mailRoot}/auth.d/${domain}/passwd`;
const aclPath = (mailRoot: string, domain: string) => `${mailRoot}/conf.d/${domain}/acls`;
const sievePath = (mailRoot: string, address: string) => `${homeOf(mailRoot, address)}/.dovecot.sieve`;

const domain = z.string().regex(/^[a-z0-9][a-z0-9.-]*$/, "must be a domain in lower case");
const address = z.string().regex(/^[a-z0-9][a-z0-9._-]*@[a-z0-9][a-z0-9.-]*$/, "must be an address in lower case");

/** See host/virtualTables.ts. */
export const virtualTables = hostResource<Inputs, object>({
  token: "mailhost:mail:VirtualTables",
  description: "Everything about addresses: Dovecot's users and ACLs, Postfix's tables, managed Sieve scripts.",
  inputs: z.strictObject({
    mailRoot: absolutePath.describe("The directory of all mail."),
    users: z.record(domain, z.string()).describe("Domain to its passwd file, with fingerprints for hashes."),
    hashes: z.string().describe("One `address {SCHEME}hash` line per mailbox."),
    mailboxes: z.string().describe("Source text of the table of mailboxes."),
    aliases: z.string().describe("Source text of the table of aliases."),
    senders: z.string().describe("Source text of the table of sender rights."),
    acls: z.record(domain, z.string()).default({}).describe("Domain to its ACL file."),
    sieve: z.record(address, z.string()).default({}).describe("Address to its managed Sieve script."),
    unexpectedAttributes: z
      .record(z.string(), z.never())
      .default({})
      .describe("Always empty; in the state, the files whose owner, group or mode somebody changed."),
  }),
  outputs: z.strictObject({}),
  secrets: ["hashes"],
  id: ({ mailRoot }) => mailRoot,
  check: ({ users, hashes }) => hashesThatDoNotBelong(users, hashes),

  async observe({ host, release }, mailRoot, known) {
    const mapType = mapTypeOf(release);
    const unexpectedAttributes: Record<string, string> = {};
    const look = async (keys: string[], path: (root: string, key: string) => string, attributes: string) => {
      const found = await observePaths(
        host,
        keys.map((key) => path(mailRoot, key)),
      );
      for (const [file, seen] of found)
        if (seen.attributes !== attributes) unexpectedAttributes[file] = seen.attributes;
      return Object.fromEntries(
        keys.flatMap((key) => {
          const content = found.get(path(mailRoot, key))?.content;
          return content === undefined ? [] : [[key, content]];
        }),
      );
    };
    const [passwdFiles, acls, sieve, , ...tables] = await Promise.all([
      look(Object.keys(known.users ?? {}), passwdPath, PASSWD_ATTRIBUTES),
      look(Object.keys(known.acls ?? {}), aclPath, ACL_ATTRIBUTES),
      look(Object.keys(known.sieve ?? {}), sievePath, SIEVE_ATTRIBUTES),
      look(
        TABLE_NAMES.flatMap((name) => tablePaths(mapType, TABLES[name])),
        (_root, path) => path,
        TABLE_ATTRIBUTES,
      ),
      ...TABLE_NAMES.map((name) => readTable(host, mapType, TABLES[name])),
    ]);
    const users: Record<string, string> = {};
    const hashes = new Map<string, string>();
    for (const [name, text] of Object.entries(passwdFiles)) {
      const concealed = concealHashes(text);
      users[name] = concealed.text;
      for (const [user, hash] of concealed.hashes) hashes.set(user, hash);
    }
    const [mailboxes, aliases, senders] = tables;
    return {
      present: Object.keys(users).length > 0 || tables.some((table) => table !== undefined),
      state: {
        mailRoot,
        users,
        hashes: formatHashes(hashes),
        mailboxes: mailboxes ?? "",
        aliases: aliases ?? "",
        senders: senders ?? "",
        acls,
        sieve,
        unexpectedAttributes,
      },
    };
  },

  async converge({ context, host, remembered }, wanted, { state }) {
    const { mailRoot } = wanted;
    const mapType = mapTypeOf(context.release);
    const known = remembered as Partial<Inputs>;
    const users = planUsers(state, wanted);
    const changedTables = TABLE_NAMES.filter(
      (name) => state[name] !== wanted[name] || (wanted[name] === "" && known.users === undefined),
    );
    const steps: Script[] = [
      // A missing ACL file breaks every session of its domain, so it comes before its users.
      ...changed(state.acls, wanted.acls).map(([name, text]) =>
        writeFile(aclPath(mailRoot, name), text, ACL_ATTRIBUTES),
      ),
      ...users.opened.map(([name, text]) => writeFile(passwdPath(mailRoot, name), text, PASSWD_ATTRIBUTES)),
      ...changedTables.map((name) => writeTable(mapType, TABLES[name], wanted[name])),
      ...users.closed.map(([name, text]) => writeFile(passwdPath(mailRoot, name), text, PASSWD_ATTRIBUTES)),
      ...changed(state.sieve, wanted.sieve).map(([owner, script]) => writeSieveScript(mailRoot, owner, script)),
      removeFiles([
        ...dropped(known.users, wanted.users).map((name) => passwdPath(mailRoot, name)),
        ...dropped(known.acls, wanted.acls).map((name) => aclPath(mailRoot, name)),
      ]),
      ...dropped(known.sieve, wanted.sieve).map((owner) => removeSieveScript(mailRoot, owner)),
      ...Object.keys(state.unexpectedAttributes).map((path) => giveAttributes(path, attributesOf(mailRoot, path))),
      endSessions(users.lockedOut),
    ];
    await host.change(lines(steps));
    return { mailRoot, users: namesOf(wanted.users), acls: namesOf(wanted.acls), sieve: namesOf(wanted.sieve) };
  },

  async remove({ context, host }, { mailRoot, users, acls, sieve }) {
    const mapType = mapTypeOf(context.release);
    await host.change(
      lines([
        removeFiles(TABLE_NAMES.flatMap((name) => tablePaths(mapType, TABLES[name]))),
        removeFiles(Object.keys(users).map((name) => passwdPath(mailRoot, name))),
        removeFiles(Object.keys(acls).map((name) => aclPath(mailRoot, name))),
        ...Object.keys(sieve).map((owner) => removeSieveScript(mailRoot, owner)),
      ]),
    );
  },
});

function hashesThatDoNotBelong(users: Record<string, string>, hashes: string): CheckFailure[] {
  const parsed = parseHashes(hashes);
  return Object.entries(users).flatMap(([name, text]) =>
    missingHashes(text, parsed).map((user) => ({
      property: `users[${JSON.stringify(name)}]`,
      reason: `the fingerprint of ${user} does not belong to the hash that \`hashes\` holds for it`,
    })),
  );
}

/**
 * How the passwd files change so that nothing bounces in between: who is new can log in and be delivered to before the
 * tables name him (`opened`), who goes leaves after the tables have forgotten him (`closed`).
 */
function planUsers(state: Inputs, wanted: Inputs) {
  const hashes = new Map([...parseHashes(state.hashes), ...parseHashes(wanted.hashes)]);
  const opened: [string, string][] = [];
  const closed: [string, string][] = [];
  const lockedOut: string[] = [];
  for (const [name, shown] of Object.entries(wanted.users)) {
    const before = revealHashes(state.users[name] ?? "", parseHashes(state.hashes));
    const after = revealHashes(shown, hashes);
    const staying = new Set(addressesOf(after));
    const leaving = before.split("\n").filter((line) => line !== "" && !staying.has(line.split(":", 1)[0] ?? ""));
    const both = [...after.split("\n").filter((line) => line !== ""), ...leaving].sort();
    const between = both.map((line) => `${line}\n`).join("");
    if (leaving.length === 0) {
      if (after !== before) opened.push([name, after]);
    } else {
      if (between !== before) opened.push([name, between]);
      closed.push([name, after]);
    }
    lockedOut.push(...addressesOf(leaving.join("\n")), ...newlyDisabled(before, after));
  }
  return { opened, closed, lockedOut };
}

function newlyDisabled(before: string, after: string): string[] {
  const disabled = (text: string) => new Set(addressesOf([...text.matchAll(/^.*:!:.*$/gm)].join("\n")));
  return [...disabled(after).difference(disabled(before))];
}

/** A session that is open goes on with what it was allowed when it began. */
function endSessions(addresses: readonly string[]): Script {
  const kicks = addresses.map((user) => sh`  doveadm kick ${user} >/dev/null 2>&1 || true`);
  return kicks.length === 0
    ? sh`:`
    : sh`if systemctl --quiet is-active dovecot.service; then
${lines(kicks)}
fi`;
}

/** A home belongs to its user, who could put a link there: as vmail, root's files are out of reach. */
function asVmail(command: Script): Script {
  return sh`setpriv --reuid=vmail --regid=vmail --clear-groups sh -c ${`umask 077\n${command.text}`}`;
}

function writeSieveScript(mailRoot: string, owner: string, script: string): Script {
  const path = sievePath(mailRoot, owner);
  const command = sh`mkdir -p -m 2700 ${homeOf(mailRoot, owner)} && rm -f ${path}.new && cat >${path}.new && mv -fT ${path}.new ${path}`;
  return feed(script, asVmail(command));
}

function removeSieveScript(mailRoot: string, owner: string): Script {
  return asVmail(sh`rm -f ${sievePath(mailRoot, owner)}`);
}

function homeOf(mailRoot: string, owner: string): string {
  const [user, name] = owner.split("@");
  return `${mailRoot}/${name}/${user}`;
}

function changed(observed: Record<string, string>, wanted: Record<string, string>): [string, string][] {
  return Object.entries(wanted).filter(([key, text]) => observed[key] !== text);
}

function dropped(known: Record<string, unknown> | undefined, wanted: Record<string, unknown>): string[] {
  return Object.keys(known ?? {}).filter((key) => wanted[key] === undefined);
}

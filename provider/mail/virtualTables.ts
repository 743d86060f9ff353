import { z } from "zod";
import { dovecot } from "../../shared/daemons/dovecot/dovecot.ts";
import { postfix } from "../../shared/daemons/postfix/postfix.ts";
import { type MailFormat, mailFormats } from "../../shared/model/mailFormat.ts";
import type { MapType } from "../../shared/releases/release.ts";
import { releases } from "../../shared/releases/releases.ts";
import {
  type AddressFileOwners,
  addressFileOwners,
  type TableName,
  type TablePaths,
  type TableTexts,
  tables,
} from "../../shared/tables.ts";
import { feed, lines, Script, sh } from "../connection/shell.ts";
import {
  ATTRIBUTES_PATTERN,
  giveAttributes,
  observePaths,
  removeFiles,
  splitAttributes,
  writeFile,
} from "../machine/files.ts";
import type { Host } from "../machine/host.ts";
import type { CheckFailure } from "../protocol/resource.ts";
import { isRecord } from "../protocol/values.ts";
import { absolutePath } from "../resources/absolutePath.ts";
import { hostResource, keysAsMap, refuse } from "../resources/hostResource.ts";
import { keepOriginal, ORIGINAL_TABLES, replacedFiles, restoreOriginal } from "../resources/originals.ts";
import { findLockedHomes, homeOf, lockedHomeProblems, parseLockedHomes } from "./homes.ts";
import { keptMail } from "./keptMail.ts";
import { formatProblems } from "./mailFormats.ts";
import { endSessions } from "./openSessions.ts";
import { concealHashes, formatHashes, missingHashes, parseHashes, usersOf } from "./passwdFile.ts";
import { endServers } from "./postfixServers.ts";
import { readTable, tablePaths, tableStage, writeTable } from "./postfixTable.ts";
import { queuedMailOf } from "./queuedMail.ts";
import { sieveProblems } from "./sieveScripts.ts";
import { planTables, tableNames } from "./tablePlan.ts";
import { lockedOutUsers, planUsers } from "./userPlan.ts";

interface Inputs extends TableTexts {
  mailRoot: string;
  mapType: MapType;
  paths: TablePaths;
  owners: AddressFileOwners;
  mailFormat: MailFormat;
  users: Record<string, string>;
  hashes: string;
  acls: Record<string, string>;
  sieve: Record<string, string>;
  unexpectedAttributes: Record<string, string>;
}

/** There is one per host: Postfix has one of each table. */
const ID = "virtual-tables";

/** A table that is empty is not the same as none: without it, Postfix defers all mail. */
type Seen = Omit<Inputs, TableName> & Partial<TableTexts>;

/**
 * What a file of ours must have, told by where it lies. Not for Sieve scripts: a user could put a link there, so root
 * leaves them alone, and they are written anew.
 */
function attributesOf({ mailRoot, owners }: Place, path: string): string | undefined {
  if (path.startsWith(`${mailRoot}/auth.d/`)) return owners.passwd;
  if (path.startsWith(`${mailRoot}/conf.d/`)) return owners.acls;
  return path.startsWith(`${mailRoot}/`) ? undefined : owners.tables;
}

const passwdPath = (mailRoot: string, domain: string) => `${mailRoot}/auth.d/${domain}/passwd`;
const aclPath = (mailRoot: string, domain: string) => `${mailRoot}/conf.d/${domain}/acls`;
const sievePath = (mailRoot: string, address: string) => `${homeOf(mailRoot, address)}/.dovecot.sieve`;

const domain = z.string().regex(/^[a-z0-9][a-z0-9.-]*$/, "must be a domain in lower case");
const attributes = z.string().regex(ATTRIBUTES_PATTERN, 'must be "owner:group mode", such as "root:root 0644"');
const address = z.string().regex(/^[a-z0-9][a-z0-9._-]*@[a-z0-9][a-z0-9.-]*$/, "must be an address in lower case");

/** See resources/virtualTables.ts. */
export const virtualTables = hostResource<Inputs, object, Seen>({
  token: "mailhost:mail:VirtualTables",
  description: "Everything about addresses: Dovecot's users and ACLs, Postfix's tables, managed Sieve scripts.",
  inputs: z.strictObject({
    mailRoot: absolutePath.describe("The directory of all mail."),
    mapType: z.enum(["lmdb", "hash"]).default("lmdb").describe("The map type of Postfix's tables."),
    paths: z
      .strictObject(eachOf(tables, absolutePath.describe("Path of the source text of that table.")))
      .default(tables)
      .describe("Paths of the source texts of Postfix's tables."),
    owners: z
      .strictObject(eachOf(addressFileOwners, attributes.describe("`owner:group mode` of these files.")))
      .default(addressFileOwners)
      .describe("`owner:group mode` of passwd files, ACL files, managed Sieve scripts and tables."),
    mailFormat: z
      .enum(mailFormats)
      .default("maildir")
      .describe("The format of mailboxes whose passwd line names none."),
    users: z.record(domain, z.string()).describe("Domain to its passwd file, with fingerprints for hashes."),
    hashes: z.string().describe("One `address {SCHEME}hash` line per mailbox."),
    mailboxes: z.string().describe("Source text of the table of mailboxes."),
    aliases: z.string().describe("Source text of the table of aliases."),
    forwardedRecipients: z.string().describe("Source text of the table of mailboxes that keep no copy of their mail."),
    refusedRecipients: z.string().describe("Source text of the table of addresses that a catch-all must not take."),
    senders: z.string().describe("Source text of the table of sender rights."),
    transports: z.string().describe("Source text of the table of mailboxes that are closed to all mail."),
    acls: z.record(domain, z.string()).default({}).describe("Domain to its ACL file."),
    sieve: z.record(address, z.string()).default({}).describe("Address to its managed Sieve script."),
    unexpectedAttributes: z
      .record(z.string(), z.never())
      .default({})
      .describe("Always empty; in the state, the files whose owner, group or mode was changed on the host."),
  }),
  outputs: z.strictObject({}),
  secrets: ["hashes"],
  fixed: {
    mailRoot:
      "the mail lies there. Move it by hand, with both daemons stopped, destroy this resource, and deploy again",
  },
  id: () => ID,
  check: ({ users, hashes }) => hashesThatDoNotBelong(users, hashes),

  async observe({ host }, _id, known) {
    const { mailRoot = "", mapType = "lmdb", paths = tables, owners = addressFileOwners } = known;
    const tableFiles = tableNames.flatMap((name) => tablePaths(mapType, paths[name]));
    const [passwdFiles, acls, sieve, tableLook, ...tableTexts] = await Promise.all([
      look(host, known.users, (name) => passwdPath(mailRoot, name), owners.passwd),
      look(host, known.acls, (name) => aclPath(mailRoot, name), owners.acls),
      look(
        host,
        known.sieve,
        (owner) => sievePath(mailRoot, owner),
        owners.sieve,
        (script) => asOwner(owners.sieve, script),
      ),
      look(host, Object.fromEntries(tableFiles.map((file) => [file, ""])), (file) => file, owners.tables),
      ...tableNames.map((name) => readTable(host, mapType, paths[name], known[name])),
    ]);
    const users: Record<string, string> = {};
    const hashes = new Map<string, string>();
    for (const [name, text] of Object.entries(passwdFiles.texts)) {
      const concealed = concealHashes(text);
      users[name] = concealed.text;
      for (const [user, hash] of concealed.hashes) hashes.set(user, hash);
    }
    const found = tableNames.flatMap((name, index) => {
      const table = tableTexts[index];
      return table === undefined ? [] : [[name, table]];
    });
    return {
      present: Object.keys(users).length + found.length > 0,
      state: {
        mailRoot,
        mapType,
        paths,
        owners,
        mailFormat: known.mailFormat ?? "maildir",
        users,
        hashes: formatHashes(hashes),
        ...Object.fromEntries(found),
        acls: acls.texts,
        sieve: sieve.texts,
        unexpectedAttributes: Object.assign(
          {},
          ...[passwdFiles, acls, sieve, tableLook].map(({ unexpectedAttributes }) => unexpectedAttributes),
        ),
      },
    };
  },

  async preflight({ context: { release }, host }, { users, mailFormat, sieve, owners = addressFileOwners }, { state }) {
    const [homes, formats, scripts] = await Promise.all([
      users === undefined ? [] : homeProblems(host, homesIn(users), owners),
      users === undefined || mailFormat === undefined
        ? []
        : formatProblems(host, releases[release].dovecot, state.users, users, mailFormat),
      sieve === undefined ? [] : sieveProblems(host, changed(state.sieve, sieve)),
    ]);
    refuse([...homes, ...formats, ...scripts]);
  },

  async foresee({ context, host, isNew }, inputs, { state }) {
    // What names a table can be tried only where the table is there.
    if (tableNames.some((name) => state[name] === undefined)) context.lacking.add(ID);
    const { users } = inputs;
    const queued = users === undefined ? [] : await queuedMailOf(host, lockedOutUsers(state.users, users));
    if (!isNew) return queued;
    const others = tableNames.filter((name) => state[name] === undefined || state[name] !== inputs[name]);
    const found = await observePaths(
      host,
      others.map((name) => state.paths[name]),
    );
    return [...queued, ...(found.size === 0 ? [] : [replacedFiles([...found.keys()], ORIGINAL_TABLES)])];
  },

  async intend({ remembered }, wanted) {
    const names = (name: "users" | "acls" | "sieve") => {
      const before = remembered[name];
      return { ...(isRecord(before) ? before : {}), ...keysAsMap(wanted[name]) };
    };
    return { mailRoot: wanted.mailRoot, users: names("users"), acls: names("acls"), sieve: names("sieve") };
  },

  async converge({ context, host, log, isNew }, wanted, { state }) {
    const { mailRoot, mapType, paths, owners, mailFormat } = wanted;
    const { unexpectedAttributes: unexpected } = state;
    const postfixUnit = postfix.unit[context.release];
    const plan = planUsers(
      { users: state.users, hashes: parseHashes(state.hashes) },
      { users: wanted.users, hashes: parseHashes(wanted.hashes) },
    );
    const writePasswd = ([name, text]: readonly [string, string]) =>
      writeFile(passwdPath(mailRoot, name), text, owners.passwd);
    const plannedTables = planTables(state, wanted);
    const tableFiles = tableNames.flatMap((name) => tablePaths(mapType, paths[name]));
    for (const queued of await queuedMailOf(host, plan.lockedOut)) log("warning", queued);
    await host.change(
      lines([
        ...(isNew ? tableFiles.map((file) => keepOriginal(file, ORIGINAL_TABLES)) : []),
        // A missing ACL file breaks every session of its domain, so it comes before its users.
        ...changed(state.acls, wanted.acls).map(([name, text]) =>
          writeFile(aclPath(mailRoot, name), text, owners.acls),
        ),
        ...plan.opened.map(writePasswd),
        ...(plannedTables.length === 0 ? [] : [tableStage]),
        ...plannedTables.flatMap(([name, text]) => [
          writeTable(mapType, paths[name], text, owners.tables),
          // It looks for a new table every ten seconds only, and what it tells by the old one bounces.
          ...(name === "transports" ? [endServers(postfixUnit, ["trivial-rewrite"])] : []),
        ]),
        ...plan.closed.map(writePasswd),
        ...Object.entries(wanted.sieve)
          .filter(([owner, script]) => state.sieve[owner] !== script || unexpected[sievePath(mailRoot, owner)])
          .map(([owner, script]) => writeSieveScript(wanted, owner, script)),
        removeFiles(plan.dropped.map((name) => passwdPath(mailRoot, name))),
        endSessions(plan.lockedOut, dovecot.unit[context.release], postfixUnit),
        removeFiles(dropped(state.acls, wanted.acls).map((name) => aclPath(mailRoot, name))),
        ...dropped(state.sieve, wanted.sieve).map((owner) => removeSieveScript(wanted, owner)),
        ...Object.keys(unexpected).flatMap((path) => {
          const attributes = attributesOf(wanted, path);
          return attributes === undefined ? [] : [repairAttributes(path, attributes)];
        }),
      ]),
    );
    return {
      mailRoot,
      mapType,
      paths,
      owners,
      mailFormat,
      users: keysAsMap(wanted.users),
      acls: keysAsMap(wanted.acls),
      sieve: keysAsMap(wanted.sieve),
    };
  },

  async remove({ host, log }, { mailRoot, users, acls, sieve, ...state }) {
    const { mapType = "lmdb", paths = tables, owners = addressFileOwners }: Partial<Inputs> = state;
    // Root leaves scripts in homes alone, and their owner could not remove them.
    const homes = Object.keys(sieve).map((owner) => homeOf(mailRoot, owner));
    refuse(await homeProblems(host, homes, owners));
    await host.change(
      lines([
        ...tableNames
          .flatMap((name) => tablePaths(mapType, paths[name]))
          .map((file) => restoreOriginal(file, ORIGINAL_TABLES)),
        sh`rm -rf ${ORIGINAL_TABLES}`,
        removeFiles(Object.keys(users).map((name) => passwdPath(mailRoot, name))),
        removeFiles(Object.keys(acls).map((name) => aclPath(mailRoot, name))),
        ...Object.keys(sieve).map((owner) => removeSieveScript({ mailRoot, owners }, owner)),
      ]),
    );
    log("info", await keptMail(host, mailRoot));
  },
});

/** Homes that are there and that the owner of all mail cannot use. */
async function homeProblems(host: Host, homes: readonly string[], owners: AddressFileOwners): Promise<string[]> {
  if (homes.length === 0) return [];
  const { owner, group } = splitAttributes(owners.sieve);
  const list = sh`cat <<'END_OF_HOMES'
${new Script(homes.map((home) => `${home}\n`).join(""))}END_OF_HOMES`;
  const locked = parseLockedHomes(await host.ask(findLockedHomes(list, owner)));
  return lockedHomeProblems(locked, `${owner}:${group}`);
}

/** The homes that passwd files name. */
function homesIn(users: Inputs["users"]): string[] {
  return Object.values(users)
    .flatMap(usersOf)
    .flatMap(({ home }) => (home === "" ? [] : [home]));
}

interface Look {
  /** What was found, under the keys that were asked for. */
  texts: Record<string, string>;
  unexpectedAttributes: Record<string, string>;
}

/** Reads one file for each key of `wanted`. */
async function look(
  host: Host,
  wanted: Record<string, unknown> = {},
  path: (key: string) => string,
  attributes: string,
  reader?: (script: Script) => Script,
): Promise<Look> {
  const keys = Object.keys(wanted);
  const found = await observePaths(host, keys.map(path), reader);
  const unexpected = [...found].filter(([, seen]) => seen.attributes !== attributes);
  return {
    texts: Object.fromEntries(
      keys.flatMap((key) => {
        const content = found.get(path(key))?.content;
        return content === undefined ? [] : [[key, content]];
      }),
    ),
    unexpectedAttributes: Object.fromEntries(unexpected.map(([file, seen]) => [file, seen.attributes])),
  };
}

function hashesThatDoNotBelong(users: Record<string, string>, hashes: string): CheckFailure[] {
  const parsed = parseHashes(hashes);
  return Object.entries(users).flatMap(([name, text]) =>
    missingHashes(text, parsed).map((user) => ({
      property: `users[${JSON.stringify(name)}]`,
      reason: `the fingerprint of ${user} does not belong to the hash that \`hashes\` holds for it`,
    })),
  );
}

/** A home belongs to its user, who could put a link there: as the owner of all mail, root's files are out of reach. */
function asOwner(attributes: string, command: Script): Script {
  const { owner, group } = splitAttributes(attributes);
  return sh`setpriv --reuid=${owner} --regid=${group} --clear-groups sh -c ${`umask 077\n${command.text}`}`;
}

type Place = Pick<Inputs, "mailRoot" | "owners">;

function writeSieveScript({ mailRoot, owners }: Place, owner: string, script: string): Script {
  const path = sievePath(mailRoot, owner);
  const staging = `${path}.new`;
  // In a set-group-ID home a file gets the group of the home.
  const command = sh`mkdir -p -m 2700 ${homeOf(mailRoot, owner)} && rm -f ${staging} &&
{ cat >${staging} || { echo cannot write ${staging} >&2; exit 1; }; } &&
${giveAttributes(staging, owners.sieve)} && sync ${staging} && mv -fT ${staging} ${path} && sync ${homeOf(mailRoot, owner)}`;
  return feed(script, asOwner(owners.sieve, command));
}

/** Nothing to do where it has gone: it was no longer wanted. */
function repairAttributes(path: string, attributes: string): Script {
  return sh`[ ! -f ${path} ] || { ${giveAttributes(path, attributes)}; }`;
}

function removeSieveScript({ mailRoot, owners }: Place, owner: string): Script {
  const path = sievePath(mailRoot, owner);
  return asOwner(owners.sieve, sh`rm -f ${path} ${compiledSieve(path)}`);
}

/** Where Dovecot keeps what it made of a script. */
function compiledSieve(path: string): string {
  return path.replace(/sieve$/, "svbin");
}

function changed(observed: Record<string, string>, wanted: Record<string, string>): [string, string][] {
  return Object.entries(wanted).filter(([key, text]) => observed[key] !== text);
}

function dropped(present: Record<string, unknown>, wanted: Record<string, unknown>): string[] {
  return Object.keys(present).filter((key) => wanted[key] === undefined);
}

function eachOf<Key extends string, Type>(named: Readonly<Record<Key, string>>, type: Type): Record<Key, Type> {
  return Object.fromEntries(Object.keys(named).map((key) => [key, type])) as Record<Key, Type>;
}

import type { MapType } from "./releases/release.ts";

/** The tables that Postfix reads, and that VirtualTables writes and compiles: main.cf and master.cf name the same paths. */
export const tables = {
  mailboxes: "/etc/postfix/vmailbox",
  aliases: "/etc/postfix/virtual",
  forwardedRecipients: "/etc/postfix/forwarded_recipients",
  refusedRecipients: "/etc/postfix/refused_recipients",
  senders: "/etc/postfix/sender_login",
  transports: "/etc/postfix/transport",
} as const;

export type TableName = keyof typeof tables;

/** Source texts of the tables. */
export type TableTexts = Record<TableName, string>;

/** Paths of the tables. */
export type TablePaths = Readonly<Record<TableName, string>>;

/** What postmap(1) adds to the name of a table. */
const suffixes: Readonly<Record<MapType, string>> = { lmdb: "lmdb", hash: "db" };

/** The compiled form of the table at `path`. */
export function compiledTable(mapType: MapType, path: string): string {
  return `${path}.${suffixes[mapType]}`;
}

/** `owner:group mode` of what is written about addresses: none but root and one daemon may know the addresses of this host. */
export const addressFileOwners = {
  /** Read by Dovecot's auth service alone. */
  passwd: "doveauth:dovecot 0400",
  acls: "vmail:vmail 0400",
  sieve: "vmail:vmail 0600",
  tables: "root:postfix 0640",
} as const;

export type AddressFileOwners = Readonly<Record<keyof typeof addressFileOwners, string>>;

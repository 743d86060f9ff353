import { linesOf, sortedText } from "./textLines.ts";

/** Where Postfix is told to look: main.cf and master.cf name the same paths. */
export const TABLES = {
  mailboxes: "/etc/postfix/vmailbox",
  aliases: "/etc/postfix/virtual",
  forwardedRecipients: "/etc/postfix/forwarded_recipients",
  refusedRecipients: "/etc/postfix/refused_recipients",
  senders: "/etc/postfix/sender_login",
  transports: "/etc/postfix/transport",
} as const;

export type TableName = keyof typeof TABLES;
export const TABLE_NAMES = Object.keys(TABLES) as TableName[];

/** Source texts of the tables. */
export type Tables = Record<TableName, string>;

/**
 * The texts to write, in this order, so that no mail is taken that then bounces: what is taken is delivered before, and
 * what is no longer delivered is refused before.
 */
export function planTables(present: Partial<Tables>, wanted: Tables): [TableName, string][] {
  const { refusedRecipients: refused, transports } = wanted;
  const others = TABLE_NAMES.filter((name) => name !== "refusedRecipients" && name !== "transports");
  const steps: [TableName, string][] = [
    ["transports", sortedText(linesIn(transports).intersection(linesIn(present.transports)))],
    ["refusedRecipients", sortedText(linesIn(refused).union(linesIn(present.refusedRecipients)))],
    ...others.map((name): [TableName, string] => [name, wanted[name]]),
    ["refusedRecipients", refused],
    ["transports", transports],
  ];
  const written: Partial<Tables> = { ...present };
  return steps.filter(([name, text]) => {
    const isNew = written[name] !== text;
    written[name] = text;
    return isNew;
  });
}

function linesIn(text = ""): Set<string> {
  return new Set(linesOf(text));
}

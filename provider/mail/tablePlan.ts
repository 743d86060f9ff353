import { type TableName, type TableTexts, tables } from "../../shared/tables.ts";
import { linesOf, sortedText } from "./textLines.ts";

export const tableNames = Object.keys(tables) as TableName[];

/**
 * The texts to write, in this order, so that no mail is taken that then bounces: what is taken is delivered before, and
 * what is no longer delivered is refused before.
 */
export function planTables(present: Partial<TableTexts>, wanted: TableTexts): [TableName, string][] {
  const { refusedRecipients: refused, transports } = wanted;
  const others = tableNames.filter((name) => name !== "refusedRecipients" && name !== "transports");
  const steps: [TableName, string][] = [
    ["transports", sortedText(linesIn(transports).intersection(linesIn(present.transports)))],
    ["refusedRecipients", sortedText(linesIn(refused).union(linesIn(present.refusedRecipients)))],
    ...others.map((name): [TableName, string] => [name, wanted[name]]),
    ["refusedRecipients", refused],
    ["transports", transports],
  ];
  const written: Partial<TableTexts> = { ...present };
  return steps.filter(([name, text]) => {
    const isNew = written[name] !== text;
    written[name] = text;
    return isNew;
  });
}

function linesIn(text = ""): Set<string> {
  return new Set(linesOf(text));
}

import { diff } from "node:util";
import type { Inputs } from "../../provider/resources/configSetPlan.ts";

/** Lines around a change. */
const CONTEXT = 2;

/**
 * What happens to the files of a host when its configuration becomes another one: paths, changed lines, owners and modes. Of
 * secret files it tells no line. Empty where nothing changes.
 */
export function formatDifferences(now: Inputs, wanted: Inputs): string {
  const paths = [...new Set([...Object.keys(now.attributes), ...Object.keys(wanted.attributes)])].sort();
  return paths.flatMap((path) => differencesOf(path, now, wanted)).join("\n");
}

function differencesOf(path: string, now: Inputs, wanted: Inputs): string[] {
  const [before, after] = [now.attributes[path], wanted.attributes[path]];
  const lines = changedLines(path, now, wanted);
  const attributes = before === after ? [] : [`    ${before ?? "nothing"} -> ${after ?? "nothing"}`];
  if (after === undefined) return [`- ${path}`];
  if (before === undefined) return [`+ ${path}`, ...lines];
  return lines.length + attributes.length === 0 ? [] : [`~ ${path}`, ...attributes, ...lines];
}

function changedLines(path: string, now: Inputs, wanted: Inputs): string[] {
  const secrets = [now.secretFiles[path], wanted.secretFiles[path]];
  if (secrets.some((text) => text !== undefined))
    return secrets[0] === secrets[1] ? [] : [secretLine(path, now, wanted)];
  const linesOf = (text = "") => text.split("\n").slice(0, -1);
  const entries = diff(linesOf(now.files[path]), linesOf(wanted.files[path]));
  const isShown = entries.map((_, at) =>
    entries.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(([kind]) => kind !== 0),
  );
  return entries.flatMap(([kind, line], at) => {
    if (!isShown[at]) return [];
    const sign = kind === 0 ? " " : kind === 1 ? "-" : "+";
    return [...(at > 0 && !isShown[at - 1] ? ["      ..."] : []), `    ${sign} ${line}`.trimEnd()];
  });
}

/** What may be shown of a certificate. */
function secretLine(path: string, now: Inputs, wanted: Inputs): string {
  const [before, after] = [now.fingerprints[path], wanted.fingerprints[path]];
  return before === after ? "    [secret]" : `    [secret] ${before} -> ${after}`;
}

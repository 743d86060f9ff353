import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The folders whose go.mod and go.sum pin what the engine is built from. */
export const moduleFolders = {
  cli: join(import.meta.dirname, "pulumi"),
  languageHost: join(import.meta.dirname, "langhost"),
} as const;

/** The version of the Pulumi CLI that this repository is made and tested with; go.mod is the one place it stands in. */
export function pinnedVersion(): string {
  const goMod = readFileSync(join(moduleFolders.cli, "go.mod"), "utf8");
  const version = /github\.com\/pulumi\/pulumi\/pkg\/v3 v(\S+)/.exec(goMod)?.[1];
  if (version === undefined) throw new Error(`${moduleFolders.cli}/go.mod names no version of the Pulumi CLI`);
  return version;
}

/**
 * Whether an installed version can stand for the wanted one: the same major version and not older.
 *
 * A pre-release (`3.259.0-alpha.1`) comes before its release.
 */
export function satisfies(version: string, wanted: string): boolean {
  const given = parse(version);
  const needed = parse(wanted);
  if (given === undefined || needed === undefined || given.numbers[0] !== needed.numbers[0]) return false;
  const order = given.numbers
    .map((number, i) => number - (needed.numbers[i] ?? 0))
    .find((difference) => difference !== 0);
  return order === undefined ? !given.preRelease || needed.preRelease : order > 0;
}

function parse(version: string): { numbers: number[]; preRelease: boolean } | undefined {
  const match = /^v?(\d+)\.(\d+)(?:\.(\d+))?(-[^+]+)?/.exec(version.trim());
  if (match === null) return undefined;
  return { numbers: match.slice(1, 4).map((part) => Number(part ?? 0)), preRelease: match[4] !== undefined };
}

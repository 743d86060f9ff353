import { readFileSync } from "node:fs";
import { join } from "node:path";
import coerce from "semver/functions/coerce.js";

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

/** Whether an installed version, which may be as short as `1.26`, can stand for the wanted one: the same major version and not older. */
export function satisfies(version: string, wanted: string): boolean {
  const [given, needed] = [version, wanted].map((text) => coerce(text, { includePrerelease: true }));
  return given != null && needed != null && given.major === needed.major && given.compare(needed) >= 0;
}

import type { ByRelease, MapType, ReleaseName } from "../../shared/releases/release.ts";
import { releaseNames, releases } from "../../shared/releases/releases.ts";
import { compiledTable } from "../../shared/tables.ts";

/** The release of the hosts that are tried: vitest.config.ts has a project for each. */
export const release: ReleaseName =
  releaseNames.find((name) => name === process.env.MAILHOST_TEST_RELEASE) ?? "debian13";

/** What holds on that release. */
export function ofRelease<Value>(values: ByRelease<Value>): Value {
  return values[release];
}

/** The type of Postfix's tables there. */
export const mapType: MapType = releases[release].mapType;

/** The compiled form of one of them. */
export function compiled(table: string): string {
  return compiledTable(mapType, table);
}

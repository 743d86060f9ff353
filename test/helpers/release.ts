import type { ByRelease, ReleaseName } from "../../shared/releases/release.ts";
import { releaseNames } from "../../shared/releases/releases.ts";

/** The release of the hosts that mail is tried on: vitest.config.ts has a project for each. */
export const release: ReleaseName =
  releaseNames.find((name) => name === process.env.MAILHOST_TEST_RELEASE) ?? "debian13";

/** What holds on that release. */
export function ofRelease<Value>(values: ByRelease<Value>): Value {
  return values[release];
}

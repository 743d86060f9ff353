import type { ReleaseName } from "../../shared/releases/release.ts";
import { releaseNames } from "../../shared/releases/releases.ts";

/** The release of the hosts that mail is tried on: vitest.config.ts has a project for each. */
export const release: ReleaseName =
  releaseNames.find((name) => name === process.env.MAILHOST_TEST_RELEASE) ?? "debian13";

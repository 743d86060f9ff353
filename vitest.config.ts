import { defineConfig } from "vitest/config";

/** A throw-away host boots, installs packages and answers within this time on a slow machine. */
const hostTimeout = 600_000;

/** What has been run on Debian 12, and passes there: docs/debian-12.md says the same. */
const onDebian12 = ["smtp", "submission", "imap", "delivery", "quota", "changes", "sieve", "logging"];

export default defineConfig({
  test: {
    reporters: ["default", "./test/helpers/summaryReporter.ts"],
    projects: [
      // Milliseconds on a machine with nothing else to do; some of them start processes.
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], testTimeout: 60_000 } },
      {
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          testTimeout: hostTimeout,
          hookTimeout: hostTimeout,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: hostTimeout,
          hookTimeout: hostTimeout,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "debian12",
          env: { MAILHOST_TEST_RELEASE: "debian12" },
          include: onDebian12.map((name) => `test/e2e/${name}.test.ts`),
          testTimeout: hostTimeout,
          hookTimeout: hostTimeout,
          maxWorkers: 2,
        },
      },
    ],
  },
});

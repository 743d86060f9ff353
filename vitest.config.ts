import { defineConfig } from "vitest/config";

/** A throw-away host boots, installs packages and answers within this time on a slow machine. */
const hostTimeout = 600_000;

/** What does not depend on the release of the host, or names it. */
const sameOnEveryRelease = [
  "test/e2e/again.test.ts",
  "test/e2e/localConnection.test.ts",
  "test/e2e/madeUpDaemon.test.ts",
  "test/e2e/ownProgram.test.ts",
  "test/e2e/start.test.ts",
  "test/e2e/upgradeDebian.test.ts",
];

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
          include: ["test/e2e/**/*.test.ts", "test/integration/providerTransaction.test.ts"],
          exclude: sameOnEveryRelease,
          testTimeout: hostTimeout,
          hookTimeout: hostTimeout,
          maxWorkers: 2,
        },
      },
    ],
  },
});

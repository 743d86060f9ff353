import { defineConfig } from "vitest/config";

/** A throw-away host boots, installs packages and answers within this time on a slow machine. */
const hostTimeout = 600_000;

/** What is not run on Debian 12: docs/debian-12.md says the same. */
const notOnDebian12 = [
  // These have no mail host, or try what is the same of any host: the engine, log-in, names, disks.
  "e2e/ownProgram",
  "e2e/madeUpDaemon",
  "integration/commandStandIn",
  "integration/dnsRecords",
  "integration/dockerStandIn",
  "integration/earlierState",
  "integration/engine",
  "integration/mistakes",
  "integration/passwordCommand",
  "integration/providerIdentity",
  "integration/providerRefusals",
  "integration/providerServer",
  "integration/tlsStandIn",
  // These choose the release of their hosts.
  "e2e/localConnection",
  "e2e/start",
  "e2e/upgradeDebian",
  "integration/testhost",
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
          include: ["test/e2e/**/*.test.ts", "test/integration/**/*.test.ts"],
          exclude: notOnDebian12.map((name) => `test/${name}.test.ts`),
          testTimeout: hostTimeout,
          hookTimeout: hostTimeout,
          maxWorkers: 2,
        },
      },
    ],
  },
});

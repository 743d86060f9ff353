import { defineConfig } from "vitest/config";
import { longProject } from "./tools/runVitest.ts";

/** A throw-away host boots, installs packages and answers within this time on a slow machine. */
const hostTimeout = 600_000;

/** What is not run on Debian 12. */
const notOnDebian12 = filesOf([
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
]);

/** What `npm test` leaves out there, because it takes as long as all the rest; `npm run test:debian12` does not. docs/debian-12.md says why these. */
const longOnDebian12 = filesOf([
  "e2e/acceptanceCheck",
  "e2e/acme",
  "e2e/activations",
  "e2e/again",
  "e2e/certificateFiles",
  "e2e/dkim",
  "e2e/listenAddresses",
  "e2e/outage",
  "e2e/passwordFile",
  "integration/cuts",
  "integration/faults",
  "integration/injectedFaults",
  "integration/packages",
  "integration/providerDrift",
  "integration/providerLifeCycle",
]);

function filesOf(names: readonly string[]): string[] {
  return names.map((name) => `test/${name}.test.ts`);
}

const onHosts = { testTimeout: hostTimeout, hookTimeout: hostTimeout, maxWorkers: 2 };
const onDebian12 = { ...onHosts, env: { MAILHOST_TEST_RELEASE: "debian12" } };

export default defineConfig({
  test: {
    reporters: ["default", "./test/helpers/summaryReporter.ts"],
    projects: [
      // Milliseconds on a machine with nothing else to do; some of them start processes.
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], testTimeout: 60_000 } },
      { test: { name: "integration", include: ["test/integration/**/*.test.ts"], ...onHosts } },
      { test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], ...onHosts } },
      {
        test: {
          name: "debian12",
          include: ["test/{e2e,integration}/**/*.test.ts"],
          exclude: [...notOnDebian12, ...longOnDebian12],
          ...onDebian12,
        },
      },
      { test: { name: longProject, include: longOnDebian12, ...onDebian12 } },
    ],
  },
});

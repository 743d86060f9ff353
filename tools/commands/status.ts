import { parseArgs } from "node:util";
import { type AcceptanceSubject, visitMailHost } from "../../acceptance/acceptanceCheck.ts";
import { connect } from "../../provider/connection/connect.ts";
import type { Target } from "../../provider/connection/target.ts";
import { prepareEngine } from "../engine/prepareEngine.ts";
import { stackName } from "../engine/stackName.ts";
import { runCommand } from "../failure.ts";
import { askHost } from "../status/hostStatus.ts";
import { EXIT_CODES, formatFindings, gradeDrift, gradeHost, gradeVisits, worst } from "../status/report.ts";
import { type Deployed, driftedResources, readOutputs, readTarget } from "../status/stack.ts";

/**
 * `npm run status`: what the host is like now. Ends with 0 when all is well, 1 on a warning, 2 when something is broken, 3 when
 * that cannot be told, as monitoring plugins do.
 */
await runCommand(async () => {
  process.exitCode = 3;
  const { values } = parseArgs({ options: { stack: { type: "string" } } });
  const engine = await prepareEngine();
  const stack = await stackName(engine, values.stack);
  const [outputs, target, drift] = await Promise.all([
    readOutputs(engine, stack),
    readTarget(engine, stack),
    driftedResources(engine, stack),
  ]);
  const connection = connect(() => target);
  try {
    const [host, visits] = await Promise.all([askHost(connection), visitMailHost(subjectAt(target, outputs))]);
    const now = new Date();
    const findings = [...gradeHost(host, now), ...gradeVisits(visits, now), gradeDrift(drift)];
    const grade = worst(findings);
    process.stdout.write(`${outputs.hostname}: ${grade}\n${formatFindings(findings)}\n`);
    process.exitCode = EXIT_CODES[grade];
  } finally {
    connection.close();
  }
});

/** The host's name may not be in the DNS yet; its address is where the deployment goes. */
function subjectAt(
  target: Target,
  { endpoints, certificateAuthority, certificateFingerprint, ...rest }: Deployed,
): AcceptanceSubject {
  const address = target.connection === "local" ? undefined : target.address;
  const located = Object.entries(endpoints).map(([name, { port }]) => [name, { address, port }]);
  return {
    ...rest,
    certificateAuthority: certificateAuthority ?? undefined,
    certificateFingerprint: certificateFingerprint ?? undefined,
    endpoints: Object.fromEntries(located),
  };
}

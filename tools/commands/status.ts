import { visitMailHost } from "../../acceptance/acceptanceCheck.ts";
import { connect } from "../../provider/connection/connect.ts";
import { systemd } from "../../provider/machine/systemd.ts";
import { parseCommandLine } from "../commandLine.ts";
import { compareRecords, createResolver } from "../dns/compareRecords.ts";
import { type PreparedEngine, prepareEngine } from "../engine/prepareEngine.ts";
import { stackName } from "../engine/stackName.ts";
import { isActionable, runCommand } from "../failure.ts";
import { askHost } from "../status/hostStatus.ts";
import {
  EXIT_CODES,
  type Finding,
  formatFindings,
  gradeDeployment,
  gradeDns,
  gradeDrift,
  gradeFailure,
  gradeHost,
  gradeVisits,
  worst,
} from "../status/report.ts";
import {
  type ConfiguredHost,
  driftedResources,
  lastOperation,
  readHost,
  readOutputs,
  subjectAt,
} from "../status/stack.ts";

const USAGE = "usage: npm run status [-- --stack STACK]";

/**
 * `npm run status`: what the host is like now. Ends with 0 when all is well, 1 on a warning, 2 when something is broken, 3 when
 * that cannot be told, as monitoring plugins do.
 */
await runCommand(
  async () => {
    const { values } = parseCommandLine({ options: { stack: { type: "string" } } }, USAGE);
    const engine = await prepareEngine();
    const stack = await stackName(engine, values.stack);
    const [outputs, configured, last] = await Promise.all([
      readOutputs(engine, stack),
      readHost(engine, stack),
      lastOperation(engine, stack),
    ]);
    const [host, visits, records] = await Promise.all([
      findingsOnHost(engine, stack, configured),
      visitMailHost(subjectAt(configured.target, outputs)),
      compareRecords(outputs.dnsRecords ?? [], createResolver()),
    ]);
    const findings = [...host, gradeDeployment(last), ...gradeVisits(visits, new Date()), ...gradeDns(records)];
    const grade = worst(findings);
    process.stdout.write(`${outputs.hostname}: ${grade}\n${formatFindings(findings)}\n`);
    process.exitCode = EXIT_CODES[grade];
  },
  { failureCode: () => 3 },
);

/** What the host says of itself, and whether it is as it was deployed, which a host that says nothing is not asked. */
async function findingsOnHost(
  engine: PreparedEngine,
  stack: string,
  { target, release }: ConfiguredHost,
): Promise<Finding[]> {
  const connection = connect(() => target, systemd);
  try {
    return await findingsOr("host", async () => [
      ...gradeHost(await askHost(connection, release), new Date()),
      ...(await findingsOr("drift", async () => [gradeDrift(await driftedResources(engine, stack))])),
    ]);
  } finally {
    connection.close();
  }
}

/** What `ask` finds, or that it cannot be asked. */
async function findingsOr(name: string, ask: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await ask();
  } catch (error) {
    if (!isActionable(error)) throw error;
    return [gradeFailure(name, error)];
  }
}

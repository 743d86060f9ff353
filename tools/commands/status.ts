import { parseArgs } from "node:util";
import { type AcceptanceSubject, visitMailHost } from "../../acceptance/acceptanceCheck.ts";
import { SshConnection } from "../../provider/connection/ssh.ts";
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
  const connection = new SshConnection(() => target);
  try {
    const [host, visits] = await Promise.all([askHost(connection), visitMailHost(subjectAt(target.address, outputs))]);
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
function subjectAt(address: string, { endpoints, ...rest }: Deployed): AcceptanceSubject {
  const at = ({ port }: { port: number }) => ({ address, port });
  return {
    ...rest,
    endpoints: { smtp: at(endpoints.smtp), submission: at(endpoints.submission), imap: at(endpoints.imap) },
  };
}

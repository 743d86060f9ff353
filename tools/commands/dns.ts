import { isIP } from "node:net";
import { parseCommandLine } from "../commandLine.ts";
import { compareRecords, createResolver } from "../dns/compareRecords.ts";
import { exitCode, formatComparisons } from "../dns/report.ts";
import { renderZoneFile } from "../dns/zoneFile.ts";
import { prepareEngine } from "../engine/prepareEngine.ts";
import { stackName } from "../engine/stackName.ts";
import { Failure, runCommand } from "../failure.ts";
import { readOutputs } from "../status/stack.ts";

const USAGE = `usage: npm run dns -- [--stack STACK] [--resolver ADDRESS]...
       npm run dns -- [--stack STACK] --zone | --json`;

/**
 * `npm run dns`: compares what resolvers answer with the DNS records that the mail host needs, a line each. Ends with 0 when all
 * are right, 1 when one is missing or different, 3 when that cannot be told. `--zone` prints them as lines of a zone file,
 * `--json` as data.
 */
await runCommand(
  async () => {
    const { values } = parseCommandLine(
      {
        options: {
          stack: { type: "string" },
          resolver: { type: "string", multiple: true, default: [] },
          zone: { type: "boolean", default: false },
          json: { type: "boolean", default: false },
        },
      },
      USAGE,
    );
    const wrong = values.resolver.find((address) => isIP(address) === 0);
    if (wrong !== undefined) throw new Failure(`--resolver ${JSON.stringify(wrong)} is no IP address\n${USAGE}`);
    const engine = await prepareEngine();
    const stack = await stackName(engine, values.stack);
    const { dnsRecords } = await readOutputs(engine, stack);
    if (dnsRecords === undefined) {
      throw new Failure(`the last deployment knew nothing of DNS: npm run pulumi -- up --stack ${stack}`);
    }
    if (values.zone) process.stdout.write(renderZoneFile(dnsRecords));
    else if (values.json) process.stdout.write(`${JSON.stringify(dnsRecords, undefined, 2)}\n`);
    else {
      const comparisons = await compareRecords(dnsRecords, createResolver(values.resolver));
      process.stdout.write(`${formatComparisons(comparisons)}\n`);
      process.exitCode = exitCode(comparisons);
    }
  },
  { failureCode: () => 3 },
);

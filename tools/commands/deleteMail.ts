import { createInterface } from "node:readline/promises";
import { InvalidInputError } from "../../components/settings/problem.ts";
import { isRecord } from "../../components/settings/shape.ts";
import { readDomains } from "../../config/domains.ts";
import { connect } from "../../provider/connection/connect.ts";
import { Host } from "../../provider/machine/host.ts";
import { operator } from "../../provider/machine/lock.ts";
import { systemd } from "../../provider/machine/systemd.ts";
import { parseCommandLine } from "../commandLine.ts";
import { type PreparedEngine, prepareEngine } from "../engine/prepareEngine.ts";
import { runPulumi } from "../engine/runPulumi.ts";
import { stackName } from "../engine/stackName.ts";
import { Failure, runCommand } from "../failure.ts";
import { checkoutFolder } from "../launch/paths.mjs";
import { deleteLeftMail, type LeftMail, lookAtLeftMail } from "../mail/leftMail.ts";
import { isMailboxAddress } from "../password/passwordLines.ts";
import { readHost } from "../status/stack.ts";

const USAGE = `usage: npm run delete-mail -- ADDRESS [--stack STACK]
       npm run delete-mail -- ADDRESS [--stack STACK] --confirm ADDRESS
           without a terminal, or a question`;

/**
 * `npm run delete-mail -- ADDRESS`: deletes the mail that a removed mailbox has left on the host, after the address was typed
 * again. No deployment does so.
 */
await runCommand(async () => {
  const { address, confirm, ...given } = readArguments();
  const engine = await prepareEngine();
  const stack = await stackName(engine, given.stack);
  const { target, release } = await readHost(engine, stack);
  if (await isConfigured(engine, stack, address)) {
    throw new Failure(`${address} is a mailbox of mailhost:domains; nothing was deleted`);
  }
  const connection = connect(() => target, systemd);
  try {
    const host = new Host(connection, release, operator());
    const left = await lookAtLeftMail(host, address);
    process.stdout.write(`${describe(left)}\n`);
    if ((confirm ?? (await ask("Type the address again to delete it for good: "))) !== address) {
      throw new Failure("that is another address; nothing was deleted");
    }
    await deleteLeftMail(host, address);
    process.stdout.write(`${left.home} is deleted.\n`);
  } finally {
    connection.close();
  }
});

function readArguments(): { address: string; stack: string | undefined; confirm: string | undefined } {
  const { values, positionals } = parseCommandLine(
    { allowPositionals: true, options: { stack: { type: "string" }, confirm: { type: "string" } } },
    USAGE,
  );
  const [address, ...others] = positionals;
  if (address === undefined || others.length > 0) throw new Failure(USAGE);
  if (!isMailboxAddress(address)) {
    throw new Failure(
      `${JSON.stringify(address)} is no address of a mailbox: lower case, like alice@domain.tld\n${USAGE}`,
    );
  }
  if (values.confirm === undefined && !process.stdin.isTTY) {
    throw new Failure(
      `without a terminal the address must be given once more, as --confirm; nothing was deleted\n${USAGE}`,
    );
  }
  return { address, stack: values.stack, confirm: values.confirm };
}

/** Whether the next deployment would make the mailbox, or keep it. */
async function isConfigured(engine: PreparedEngine, stack: string, address: string): Promise<boolean> {
  const configuration = JSON.parse(await runPulumi(engine, ["config", "--json", "--stack", stack]));
  const { domains, problems } = readDomains(configuration["mailhost:domains"]?.objectValue, checkoutFolder);
  if (problems.length > 0) throw new Failure(new InvalidInputError(problems).message);
  const [user = "", name = ""] = address.split("@");
  const domain = isRecord(domains) ? domains[name] : undefined;
  return isRecord(domain) && isRecord(domain.mailboxes) && Object.hasOwn(domain.mailboxes, user);
}

function describe({ home, files, directories }: LeftMail): string {
  return `${home} on the host, with ${files} files:\n${directories}`;
}

async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const ended = new AbortController();
  terminal.once("close", () => ended.abort());
  try {
    return await terminal.question(question, { signal: ended.signal });
  } catch {
    throw new Failure("nothing was deleted");
  } finally {
    terminal.close();
  }
}

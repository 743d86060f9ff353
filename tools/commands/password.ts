import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import askPassword from "@inquirer/password";
import { createPasswordKey, encryptHash, setPasswordLine, validatePasswordKey } from "../../passwordFile.ts";
import { type PreparedEngine, prepareEngine } from "../engine/prepareEngine.ts";
import { runPulumi } from "../engine/runPulumi.ts";
import { Failure, runCommand } from "../failure.ts";
import { checkoutFolder } from "../launch/paths.mjs";
import { hashPassword, SCHEMES, type Scheme } from "../password/hashPassword.ts";

const USAGE = `usage: npm run password -- ADDRESS [--stack STACK] [--scheme ${SCHEMES.join("|")}]`;

/**
 * `npm run password -- ADDRESS`: sets the password of a mailbox, in mailhost:passwordFile if the stack names one, else in
 * the secret mailhost:passwords. Only the hash is kept, and only encrypted.
 */
await runCommand(async () => {
  const { address, stack, scheme } = readArguments();
  const engine = await prepareEngine();
  const selected = stack ?? (await runPulumi(engine, ["stack", "--show-name"])).trim();
  const configuration = await readConfiguration(engine, selected);
  const hash = await hashPassword(await readPassword(address), scheme);
  const file = configuration["mailhost:passwordFile"]?.value;
  if (file === undefined) await setInStack(engine, selected, address, hash);
  else await setInFile(engine, selected, join(checkoutFolder, file), address, hash);
  process.stdout.write(
    `The password of ${address} is set; it counts from the next: npm run pulumi -- up --stack ${selected}\n`,
  );
});

function readArguments(): { address: string; stack: string | undefined; scheme: Scheme } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { stack: { type: "string" }, scheme: { type: "string", default: SCHEMES[0] } },
  });
  const [address, ...others] = positionals;
  const scheme = SCHEMES.find((name) => name === values.scheme);
  if (address === undefined || others.length > 0 || scheme === undefined) throw new Failure(USAGE);
  if (!/^[a-z0-9][a-z0-9._-]*@[a-z0-9][a-z0-9.-]*$/.test(address)) {
    throw new Failure(`"${address}" is no address of a mailbox: lower case, like alice@domain.tld\n${USAGE}`);
  }
  return { address, stack: values.stack, scheme };
}

type Configuration = Record<string, { value?: string }>;

/** Secrets are not shown: their entries have no value. */
async function readConfiguration(engine: PreparedEngine, stack: string): Promise<Configuration> {
  return JSON.parse(await runPulumi(engine, ["config", "--json", "--stack", stack]));
}

/** Asks twice without echo; without a terminal, the first line of standard input is the password. */
async function readPassword(address: string): Promise<string> {
  const password = process.stdin.isTTY ? await askTwice(address) : (readFileSync(0, "utf8").split("\n")[0] ?? "");
  if (password === "") throw new Failure("an empty password is none");
  return password;
}

async function askTwice(address: string): Promise<string> {
  const password = await askPassword({ message: `New password for ${address}:` });
  const repeated = await askPassword({ message: "Once more:" });
  if (password !== repeated) throw new Failure("the two passwords differ; nothing was changed");
  return password;
}

async function setInStack(engine: PreparedEngine, stack: string, address: string, hash: string): Promise<void> {
  const known = (await readSecret(engine, stack, "mailhost:passwords")) ?? "{}";
  const passwords = { ...JSON.parse(known), [address]: hash };
  await writeSecret(engine, stack, "mailhost:passwords", JSON.stringify(passwords));
}

async function setInFile(
  engine: PreparedEngine,
  stack: string,
  file: string,
  address: string,
  hash: string,
): Promise<void> {
  let key = await readSecret(engine, stack, "mailhost:passwordKey");
  if (key === undefined) {
    key = createPasswordKey();
    await writeSecret(engine, stack, "mailhost:passwordKey", key);
  }
  const [problem] = validatePasswordKey(key);
  if (problem !== undefined) throw new Failure(`mailhost:passwordKey ${problem.reason}`);
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  writeFileSync(file, setPasswordLine(text, address, encryptHash(address, hash, key)));
}

async function readSecret(engine: PreparedEngine, stack: string, name: string): Promise<string | undefined> {
  const configuration = await readConfiguration(engine, stack);
  if (configuration[name] === undefined) return undefined;
  return (await runPulumi(engine, ["config", "get", name, "--stack", stack])).trim();
}

async function writeSecret(engine: PreparedEngine, stack: string, name: string, value: string): Promise<void> {
  await runPulumi(engine, ["config", "set", "--secret", name, "--stack", stack], { stdin: value });
}

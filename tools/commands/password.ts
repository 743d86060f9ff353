import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import askPassword from "@inquirer/password";
import {
  createPasswordKey,
  encryptHash,
  removePasswordLine,
  setPasswordLine,
  validatePasswordKey,
} from "../../passwordFile.ts";
import { type PreparedEngine, prepareEngine } from "../engine/prepareEngine.ts";
import { runPulumi } from "../engine/runPulumi.ts";
import { Failure, runCommand } from "../failure.ts";
import { checkoutFolder } from "../launch/paths.mjs";
import { hashPassword, SCHEMES, type Scheme } from "../password/hashPassword.ts";

const USAGE = `usage: npm run password -- ADDRESS [--stack STACK] [--scheme ${SCHEMES.join("|")}]
       npm run password -- ADDRESS [--stack STACK] --remove`;

/**
 * `npm run password -- ADDRESS`: sets the password of a mailbox, in mailhost:passwordFile if the stack names one, else in
 * the secret mailhost:passwords. Only the hash is kept, and only encrypted. `--remove` takes it out, as a mailbox that is taken
 * out demands.
 */
await runCommand(async () => {
  const { address, stack, scheme, remove } = readArguments();
  const engine = await prepareEngine();
  const selected = stack ?? (await runPulumi(engine, ["stack", "--show-name"])).trim();
  const configuration = await readConfiguration(engine, selected);
  const file = configuration["mailhost:passwordFile"]?.value;
  const passwords =
    file === undefined ? inStack(engine, selected) : inFile(engine, selected, join(checkoutFolder, file));
  if (remove) await passwords.remove(address);
  else await passwords.set(address, await hashPassword(await readPassword(address), scheme));
  process.stdout.write(
    `The password of ${address} is ${remove ? "removed" : "set"}; it counts from the next: npm run pulumi -- up --stack ${selected}\n`,
  );
});

interface Arguments {
  address: string;
  stack: string | undefined;
  scheme: Scheme;
  remove: boolean;
}

function readArguments(): Arguments {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      stack: { type: "string" },
      scheme: { type: "string", default: SCHEMES[0] },
      remove: { type: "boolean", default: false },
    },
  });
  const [address, ...others] = positionals;
  const scheme = SCHEMES.find((name) => name === values.scheme);
  if (address === undefined || others.length > 0 || scheme === undefined) throw new Failure(USAGE);
  if (!/^[a-z0-9][a-z0-9._-]*@[a-z0-9][a-z0-9.-]*$/.test(address)) {
    throw new Failure(`"${address}" is no address of a mailbox: lower case, like alice@domain.tld\n${USAGE}`);
  }
  return { address, stack: values.stack, scheme, remove: values.remove };
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

/** Where the hashes of a stack are kept. */
interface PasswordStore {
  set(address: string, hash: string): Promise<void>;
  remove(address: string): Promise<void>;
}

function inStack(engine: PreparedEngine, stack: string): PasswordStore {
  const name = "mailhost:passwords";
  const read = async (): Promise<Record<string, string>> => JSON.parse((await readSecret(engine, stack, name)) ?? "{}");
  return {
    async set(address, hash) {
      await writeSecret(engine, stack, name, JSON.stringify({ ...(await read()), [address]: hash }));
    },
    async remove(address) {
      const { [address]: hash, ...others } = await read();
      if (hash === undefined) throw new Failure(`${name} has no password of ${address}`);
      await writeSecret(engine, stack, name, JSON.stringify(others));
    },
  };
}

function inFile(engine: PreparedEngine, stack: string, file: string): PasswordStore {
  const read = () => (existsSync(file) ? readFileSync(file, "utf8") : "");
  return {
    async set(address, hash) {
      const key = await ensurePasswordKey(engine, stack);
      writeFileSync(file, setPasswordLine(read(), address, encryptHash(address, hash, key)));
    },
    async remove(address) {
      const text = removePasswordLine(read(), address);
      if (text === undefined) throw new Failure(`${file} has no password of ${address}`);
      writeFileSync(file, text);
    },
  };
}

async function ensurePasswordKey(engine: PreparedEngine, stack: string): Promise<string> {
  const known = await readSecret(engine, stack, "mailhost:passwordKey");
  const key = known ?? createPasswordKey();
  if (known === undefined) await writeSecret(engine, stack, "mailhost:passwordKey", key);
  const [problem] = validatePasswordKey(key);
  if (problem !== undefined) throw new Failure(`mailhost:passwordKey ${problem.reason}`);
  return key;
}

async function readSecret(engine: PreparedEngine, stack: string, name: string): Promise<string | undefined> {
  const configuration = await readConfiguration(engine, stack);
  if (configuration[name] === undefined) return undefined;
  return (await runPulumi(engine, ["config", "get", name, "--stack", stack])).trim();
}

async function writeSecret(engine: PreparedEngine, stack: string, name: string, value: string): Promise<void> {
  await runPulumi(engine, ["config", "set", "--secret", name, "--stack", stack], { stdin: value });
}

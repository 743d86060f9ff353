import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { createInterface } from "node:readline";
import askPassword from "@inquirer/password";
import { isRecord } from "../../components/settings/shape.ts";
import {
  createPasswordKey,
  encryptHash,
  findKeyMistake,
  removePasswordLine,
  setPasswordLine,
} from "../../config/passwordFile.ts";
import { parseCommandLine } from "../commandLine.ts";
import { type PreparedEngine, prepareEngine } from "../engine/prepareEngine.ts";
import { runPulumi } from "../engine/runPulumi.ts";
import { stackName } from "../engine/stackName.ts";
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
  const { address, scheme, remove, ...given } = readArguments();
  const engine = await prepareEngine();
  const stack = await stackName(engine, given.stack);
  const settings = await readSettings(engine, stack);
  if (remove) await removePassword(settings, address);
  else await setPassword(settings, address, await hashPassword(await readPassword(address), scheme));
  process.stdout.write(
    `The password of ${address} is ${remove ? "removed" : "set"}; it counts from the next: npm run pulumi -- up --stack ${stack}\n`,
  );
});

interface Arguments {
  address: string;
  stack: string | undefined;
  scheme: Scheme;
  remove: boolean;
}

function readArguments(): Arguments {
  const { values, positionals } = parseCommandLine(
    {
      allowPositionals: true,
      options: {
        stack: { type: "string" },
        scheme: { type: "string", default: SCHEMES[0] },
        remove: { type: "boolean", default: false },
      },
    },
    USAGE,
  );
  const [address, ...others] = positionals;
  const scheme = SCHEMES.find((name) => name === values.scheme);
  if (address === undefined || others.length > 0 || scheme === undefined) throw new Failure(USAGE);
  if (!/^[a-z0-9][a-z0-9._-]*@[a-z0-9][a-z0-9.-]*$/.test(address)) {
    throw new Failure(`"${address}" is no address of a mailbox: lower case, like alice@domain.tld\n${USAGE}`);
  }
  return { address, stack: values.stack, scheme, remove: values.remove };
}

/** Asks twice without echo; without a terminal, the first line of standard input is the password. */
async function readPassword(address: string): Promise<string> {
  const password = process.stdin.isTTY ? await askTwice(address) : await readFirstLine();
  if (password === "") throw new Failure("an empty password is none; nothing was changed");
  return password;
}

async function askTwice(address: string): Promise<string> {
  const password = await ask(`New password for ${address}:`);
  const repeated = await ask("Once more:");
  if (password !== repeated) throw new Failure("the two passwords differ; nothing was changed");
  return password;
}

async function ask(message: string): Promise<string> {
  try {
    return await askPassword({ message });
  } catch (error) {
    if (error instanceof Error && error.name === "ExitPromptError") throw new Failure("nothing was changed");
    throw error;
  }
}

async function readFirstLine(): Promise<string> {
  for await (const line of createInterface({ input: process.stdin })) return line;
  return "";
}

/** What the stack says of passwords, secrets included. */
interface PasswordSettings {
  readonly passwords: Readonly<Record<string, unknown>>;
  /** An absolute path. */
  readonly passwordFile: string | undefined;
  readonly passwordKey: string | undefined;
  setSecret(key: "passwords" | "passwordKey", value: string): Promise<void>;
}

async function readSettings(engine: PreparedEngine, stack: string): Promise<PasswordSettings> {
  const config = (args: readonly string[], stdin = "") =>
    runPulumi(engine, ["config", ...args, "--stack", stack], { stdin });
  const settings: Record<string, { value?: string }> = JSON.parse(await config(["--json", "--show-secrets"]));
  const file = settings["mailhost:passwordFile"]?.value;
  return {
    passwords: parsePasswords(settings["mailhost:passwords"]?.value),
    passwordFile: file === undefined ? undefined : resolve(checkoutFolder, file),
    passwordKey: settings["mailhost:passwordKey"]?.value,
    setSecret: async (key, value) => void (await config(["set", "--secret", `mailhost:${key}`], value)),
  };
}

/** The hashes in the secret of the stack. */
function parsePasswords(text = "{}"): Readonly<Record<string, unknown>> {
  try {
    const passwords: unknown = JSON.parse(text);
    if (isRecord(passwords)) return passwords;
  } catch {
    // The error would quote the secret.
  }
  throw new Failure(
    "mailhost:passwords is no JSON object of address to {SCHEME}hash; nothing was changed (npm run pulumi -- config rm mailhost:passwords takes it out)",
  );
}

async function setPassword(settings: PasswordSettings, address: string, hash: string): Promise<void> {
  const { passwords, passwordFile } = settings;
  if (passwordFile === undefined) {
    await settings.setSecret("passwords", JSON.stringify({ ...passwords, [address]: hash }));
    return;
  }
  const mistake = ofFile(passwordFile, (text) => findKeyMistake(text, address, settings.passwordKey));
  if (mistake !== undefined) throw new Failure(`mailhost:passwordKey ${mistake}; nothing was changed`);
  const key = settings.passwordKey ?? createPasswordKey();
  const text = ofFile(passwordFile, (text) => setPasswordLine(text, address, encryptHash(address, hash, key)));
  if (settings.passwordKey === undefined) await settings.setSecret("passwordKey", key);
  mkdirSync(dirname(passwordFile), { recursive: true });
  writeFileSync(passwordFile, text);
  // In both places it would be a mistake.
  await removeFromStack(settings, address);
}

async function removePassword(settings: PasswordSettings, address: string): Promise<void> {
  const { passwordFile } = settings;
  const text =
    passwordFile === undefined ? undefined : ofFile(passwordFile, (text) => removePasswordLine(text, address));
  const wasInStack = await removeFromStack(settings, address);
  if (passwordFile !== undefined && text !== undefined) writeFileSync(passwordFile, text);
  else if (!wasInStack) {
    throw new Failure(`${passwordFile ?? "mailhost:passwords"} has no password of ${address}; nothing was changed`);
  }
}

/** Whether it was there. */
async function removeFromStack(settings: PasswordSettings, address: string): Promise<boolean> {
  const { [address]: hash, ...others } = settings.passwords;
  if (hash === undefined) return false;
  await settings.setSecret("passwords", JSON.stringify(others));
  return true;
}

/** What `read` makes of the text of a password file, which may still be missing. */
function ofFile<Result>(file: string, read: (text: string) => Result): Result {
  try {
    return read(existsSync(file) ? readFileSync(file, "utf8") : "");
  } catch (error) {
    throw new Failure(`${file} ${error instanceof Error ? error.message : String(error)}; nothing was changed`);
  }
}

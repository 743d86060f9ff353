import { text } from "node:stream/consumers";
import askPassword from "@inquirer/password";
import { parseCommandLine } from "../commandLine.ts";
import { prepareEngine } from "../engine/prepareEngine.ts";
import { stackName } from "../engine/stackName.ts";
import { Failure, runCommand } from "../failure.ts";
import { hashPassword, SCHEMES, type Scheme } from "../password/hashPassword.ts";
import { isMailboxAddress, type PasswordLine, parsePasswordLines } from "../password/passwordLines.ts";
import { readStoredPasswords, removePasswords, setPasswords } from "../password/storedPasswords.ts";

const USAGE = `usage: npm run password -- ADDRESS... [--stack STACK] [--scheme ${SCHEMES.join("|")}]
       npm run password -- [--stack STACK] [--scheme ${SCHEMES.join("|")}] < FILE
           with a line ADDRESS:PASSWORD or ADDRESS:{SCHEME}hash for each mailbox
       npm run password -- ADDRESS... [--stack STACK] --remove`;

/**
 * `npm run password -- ADDRESS...`: sets the passwords of mailboxes, in mailhost:passwordFile if the stack names one, else in
 * the secret mailhost:passwords. Only the hash is kept, and only encrypted. `--remove` takes them out, as mailboxes that are
 * taken out demand.
 */
await runCommand(async () => {
  const { addresses, scheme, remove, ...given } = readArguments();
  const lines = remove || process.stdin.isTTY ? undefined : await readLines(addresses);
  const engine = await prepareEngine();
  const stack = await stackName(engine, given.stack);
  const stored = await readStoredPasswords(engine, stack);
  if (remove) await removePasswords(stored, addresses);
  else await setPasswords(stored, await hashAll(lines ?? (await askAll(addresses)), scheme));
  const changed = lines?.map(({ address }) => address) ?? addresses;
  const [subject, it] =
    changed.length === 1
      ? [`The password of ${changed[0]} is`, "it counts"]
      : [`The passwords of ${changed.length} mailboxes are`, "they count"];
  process.stdout.write(
    `${subject} ${remove ? "removed" : "set"}; ${it} from the next: npm run pulumi -- up --stack ${stack}\n`,
  );
});

interface Arguments {
  addresses: readonly string[];
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
  const addresses = [...new Set(positionals)];
  const scheme = SCHEMES.find((name) => name === values.scheme);
  const isByLines = !values.remove && !process.stdin.isTTY;
  if (scheme === undefined || (addresses.length === 0 && !isByLines)) throw new Failure(USAGE);
  const wrong = addresses.filter((address) => !isMailboxAddress(address));
  if (wrong.length > 0) {
    const named = wrong.map((address) => JSON.stringify(address)).join(", ");
    throw new Failure(`${named} is no address of a mailbox: lower case, like alice@domain.tld\n${USAGE}`);
  }
  return { addresses, stack: values.stack, scheme, remove: values.remove };
}

/** Without a terminal: the first line of standard input is the password of the one address, or each line names its own. */
async function readLines(addresses: readonly string[]): Promise<PasswordLine[]> {
  const [address, ...others] = addresses;
  if (others.length > 0) {
    throw new Failure(`several addresses are asked for at a terminal only; give lines instead\n${USAGE}`);
  }
  const input = await text(process.stdin);
  if (address !== undefined) return [{ address, password: requirePassword(input.split(/\r?\n/, 1)[0] ?? "") }];
  const lines = parsePasswordLines(input);
  if (lines.length === 0) throw new Failure(USAGE);
  return lines;
}

/** Asks for each password twice, without echo. */
async function askAll(addresses: readonly string[]): Promise<PasswordLine[]> {
  const lines: PasswordLine[] = [];
  for (const address of addresses) {
    const password = await ask(`New password for ${address}:`);
    const repeated = await ask("Once more:");
    if (password !== repeated) throw new Failure("the two passwords differ; nothing was changed");
    lines.push({ address, password: requirePassword(password) });
  }
  return lines;
}

async function ask(message: string): Promise<string> {
  try {
    return await askPassword({ message });
  } catch (error) {
    if (error instanceof Error && error.name === "ExitPromptError") throw new Failure("nothing was changed");
    throw error;
  }
}

function requirePassword(password: string): string {
  if (password === "") throw new Failure("an empty password is none; nothing was changed");
  return password;
}

/** Address to hash. One after the other: each takes a core and much memory. */
async function hashAll(lines: readonly PasswordLine[], scheme: Scheme): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const { address, password, hash } of lines) hashes[address] = hash ?? (await hashPassword(password, scheme));
  return hashes;
}

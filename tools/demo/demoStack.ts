import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import type { PreparedEngine } from "../engine/prepareEngine.ts";
import { runPulumi } from "../engine/runPulumi.ts";
import { withProviders } from "../engine/withProviders.ts";
import { Failure } from "../failure.ts";
import { runForeground } from "../launch/child.mjs";
import { checkoutFolder, localFolder } from "../launch/paths.mjs";
import { announceStandIns } from "../offline/standIns.ts";
import type { TestHost } from "../testhost/host.ts";
import type { DemoUsers } from "./demoUsers.ts";

export const STACK = "local";

/** Ignored by git: it names a host that exists here only. */
const STACK_FILE = join(checkoutFolder, `Pulumi.${STACK}.yaml`);

/** What `pulumi stack output` tells of a mail host. */
export interface DemoOutputs {
  hostname: string;
  certificateAuthority: string;
}

/** Writes the stack's configuration. What was added to it, to try it out, stays. */
export async function configureDemoStack(
  engine: PreparedEngine,
  host: TestHost,
  [alice, bob]: DemoUsers,
): Promise<void> {
  await runPulumi(engine, ["stack", "select", STACK, "--create"]);
  const file = parseDocument(existsSync(STACK_FILE) ? readFileSync(STACK_FILE, "utf8") : "config: {}\n");
  const isNew = !file.hasIn(["config", "mailhost:hostname"]);
  file.setIn(["config", "mailhost:target"], {
    address: host.address,
    hostKey: host.hostKey,
    privateKeyFile: host.privateKeyFile,
  });
  if (isNew) {
    file.setIn(["config", "mailhost:hostname"], "mail.domain.tld");
    file.setIn(["config", "mailhost:mail"], { postmaster: alice.address });
    file.setIn(["config", "mailhost:domains"], {
      "domain.tld": { mailboxes: { alice: {}, bob: {} }, aliases: { info: ["alice", "bob"] } },
    });
  }
  writeFileSync(STACK_FILE, file.toString());
  // An encryption is new each time; the file stays as it is where the passwords do.
  if (!file.hasIn(["config", "mailhost:passwords"])) {
    const passwords = JSON.stringify({ [alice.address]: alice.hash, [bob.address]: bob.hash });
    await runPulumi(engine, ["config", "set", "--secret", "mailhost:passwords", "--stack", STACK], {
      stdin: passwords,
    });
  }
}

/** Deploys, with the engine's own display. */
export async function deployDemoStack(engine: PreparedEngine): Promise<DemoOutputs> {
  announceStandIns(engine.standIns);
  const args = ["up", "--yes", "--skip-preview", "--suppress-outputs", "--stack", STACK];
  const display = process.stdout.isTTY ? [] : ["--non-interactive"];
  const { code } = await withProviders(engine, (env) =>
    runForeground(engine.engine.cli, [...args, ...display], { env, cwd: checkoutFolder }),
  );
  if (code !== 0) throw new Failure("the deployment failed; mend what is said above, then run `npm start` again");
  return JSON.parse(await runPulumi(engine, ["stack", "output", "--json", "--stack", STACK]));
}

/** Forgets the stack, whose host is gone, and all local state where no other stack needs it. */
export async function removeDemoStack(engine: PreparedEngine): Promise<void> {
  if (existsSync(STACK_FILE)) {
    const stacks: { name: string }[] = JSON.parse(await runPulumi(engine, ["stack", "ls", "--json"]));
    if (stacks.some(({ name }) => name === STACK)) {
      await runPulumi(engine, ["stack", "rm", STACK, "--force", "--yes"]);
    }
    rmSync(STACK_FILE, { force: true });
  }
  if (!isNeededByOthers()) rmSync(localFolder, { recursive: true, force: true });
}

/** The state of another stack may lie elsewhere, and its secrets be encrypted by the passphrase that lies here. */
function isNeededByOthers(): boolean {
  return holdsStacks(join(localFolder, "state", ".pulumi", "stacks")) || stackFiles().some(isEncryptedByPassphrase);
}

function holdsStacks(folder: string): boolean {
  if (!existsSync(folder)) return false;
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).some((name) => name.endsWith(".json"));
}

function stackFiles(): string[] {
  return readdirSync(checkoutFolder).filter((name) => /^Pulumi\..+\.yaml$/.test(name));
}

function isEncryptedByPassphrase(stackFile: string): boolean {
  return /^encryptionsalt:/m.test(readFileSync(join(checkoutFolder, stackFile), "utf8"));
}

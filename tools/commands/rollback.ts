import { isDeepStrictEqual } from "node:util";
import { HostUnreachable } from "../../provider/connection/errors.ts";
import { hostContext } from "../../provider/hostContext.ts";
import type { Operation } from "../../provider/protocol/resource.ts";
import type { Properties } from "../../provider/protocol/values.ts";
import { configSet } from "../../provider/resources/configSet.ts";
import type { Inputs } from "../../provider/resources/configSetPlan.ts";
import type { HostContext } from "../../provider/resources/hostResource.ts";
import { findKeptSet, otherVersions, readKeptSet } from "../../provider/resources/keptConfiguration.ts";
import { parseCommandLine } from "../commandLine.ts";
import { prepareEngine } from "../engine/prepareEngine.ts";
import { stackName } from "../engine/stackName.ts";
import { Failure, runCommand } from "../failure.ts";
import { question } from "../question.ts";
import { formatDifferences } from "../rollback/differences.ts";
import { readHost } from "../status/stack.ts";

const USAGE = "usage: npm run rollback -- [NUMBER] [--stack STACK] [--yes]";

/**
 * `npm run rollback`: puts back a configuration that was in force on the host, by default the last one, as any other change: it is
 * checked, activated, probed, and undone if it does not work. Says first what changes, and asks. Ends with 0 when it is in force,
 * 1 when the one before it is, 2 when neither is, 3 when that cannot be told because the host is not reached.
 */
await runCommand(
  async () => {
    const { number, ...given } = readArguments();
    const engine = await prepareEngine();
    const stack = await stackName(engine, given.stack);
    const { target, release } = await readHost(engine, stack);
    const context = hostContext(() => target, release);
    try {
      await rollBack(context, number, given.yes);
    } finally {
      context.host.close();
    }
    process.stdout.write(
      `What your configuration has instead is shown by: npm run pulumi -- preview --diff --stack ${stack}\n`,
    );
  },
  { failureCode: exitCode },
);

function readArguments(): { number: number | undefined; stack?: string; yes: boolean } {
  const { values, positionals } = parseCommandLine(
    {
      allowPositionals: true,
      options: { stack: { type: "string" }, yes: { type: "boolean", default: false } },
    },
    USAGE,
  );
  const [number, ...others] = positionals;
  if (others.length > 0 || !/^[1-9]\d*$/.test(number ?? "1")) throw new Failure(USAGE);
  return { ...values, number: number === undefined ? undefined : Number(number) };
}

async function rollBack(context: HostContext, given: number | undefined, isAgreed: boolean): Promise<void> {
  const { host } = context;
  const set = await findKeptSet(host, given);
  const { number, until } = set;
  const before = await inForce(context);
  const wanted = await readKeptSet(host, set, before);
  const differences = formatDifferences(before, wanted);
  if (differences === "") {
    process.stdout.write(`The host has configuration ${number} already.\n`);
    return;
  }
  const remarks = await otherVersions(host, set);
  process.stdout.write(
    `${[`Configuration ${number}, in force until ${until}:`, differences, ...remarks].join("\n")}\n`,
  );
  await change(context, before, wanted, true);
  if (!isAgreed) await ask(`Put configuration ${number} back?`);
  if (!isDeepStrictEqual(await inForce(context), before)) {
    throw new Failure("the configuration on the host was changed meanwhile; nothing was changed from here");
  }
  await change(context, before, wanted, false);
  process.stdout.write(`Configuration ${number} is in force.\n`);
}

/** What the host has now, as `ConfigSet` has it at an import. */
async function inForce(context: HostContext): Promise<InForce> {
  const state = await configSet.read(operation(context, true), configSet.id({}, {}), undefined, undefined);
  if (state === undefined) throw new Failure("no configuration of mailhost is on the host");
  return state as InForce;
}

type InForce = Inputs & Properties;

/** Makes `wanted` what is in force, or with `preview` finds out what forbids it. */
async function change(context: HostContext, before: InForce, wanted: Inputs, preview: boolean): Promise<void> {
  const goOn = () => process.stderr.write("mailhost: the change has begun on the host, and is waited for\n");
  const signals = preview ? [] : (["SIGINT", "SIGTERM", "SIGHUP"] as const);
  for (const signal of signals) process.on(signal, goOn);
  try {
    await configSet.update(operation(context, preview), before, { ...wanted });
  } finally {
    for (const signal of signals) process.off(signal, goOn);
  }
}

function operation(context: HostContext, preview: boolean): Operation<HostContext> {
  return {
    context,
    preview,
    log: (severity, message) => {
      if (severity === "warning" || severity === "error") process.stderr.write(`mailhost: ${message}\n`);
    },
  };
}

/** @throws Failure unless the answer is yes */
async function ask(text: string): Promise<void> {
  if (!process.stdin.isTTY) throw new Failure("nothing was changed: without a terminal to ask at, agree by --yes");
  const answer = await question(`${text} [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new Failure("nothing was changed");
}

function exitCode(error: unknown): number {
  if (error instanceof HostUnreachable) return 3;
  return error instanceof Error && error.message.includes("NOT BACK IN FORCE") ? 2 : 1;
}

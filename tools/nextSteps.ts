import { z } from "zod";
import type { PreparedEngine } from "./engine/prepareEngine.ts";
import { runPulumi } from "./engine/runPulumi.ts";
import { stackName } from "./engine/stackName.ts";

const history = z.array(z.object({ kind: z.string(), result: z.string() }));
const outputs = z.object({ endpoints: z.record(z.string(), z.object({ host: z.string(), port: z.number() })) });

/** So many entries of the history tell whether an update is the first. */
const page = 50;

/**
 * The last words of the first deployment of a stack: what serves now, and what an administrator does next. None after
 * any other, and none for a program that has not the outputs of ours.
 *
 * @param given What `--stack` says; otherwise it is the selected one
 */
export async function nextSteps(engine: PreparedEngine, given: string | undefined): Promise<string[]> {
  const stack = await stackName(engine, given);
  const ask = async (...args: string[]): Promise<unknown> =>
    JSON.parse(await runPulumi(engine, [...args, "--json", "--stack", stack], { cwd: process.cwd() }));
  const entries = history.parse(await ask("stack", "history", "--page-size", String(page)));
  const updates = entries.filter(({ kind, result }) => kind === "update" && result === "succeeded");
  if (updates.length !== 1 || entries.length === page) return [];
  const { data } = outputs.safeParse(await ask("stack", "output"));
  if (data === undefined) return [];
  const services = Object.entries(data.endpoints).map(([service, { host, port }]) => `${service} ${host}:${port}`);
  return [
    `the mail host serves: ${services.join(", ")}. Next:`,
    "- DNS and the first mail: docs/first-server.md",
    `- the state of the host, at any time: npm run status -- --stack ${stack}`,
    `- ports, certificate and versions: npm run pulumi -- stack output --stack ${stack}`,
  ];
}

import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { Operation, Resource } from "../../../provider/protocol/resource.ts";
import { changedInputs, requireState, unknownOutputs } from "../stateOnly.ts";
import { runCommand } from "./runCommand.ts";

const texts = () => z.array(z.string());

const inputs = z.strictObject({
  create: z
    .string()
    .optional()
    .describe("Command to run when the resource is created, and updated if there is no `update`."),
  update: z.string().optional().describe("Command to run when an input has changed."),
  delete: z.string().optional().describe("Command to run when the resource is deleted."),
  triggers: z.array(z.unknown()).optional().describe("Values of which any change replaces the resource."),
  stdin: z.string().optional().describe("Text for the command's standard input."),
  environment: z.record(z.string(), z.string()).optional().describe("Variables for the command."),
  dir: z.string().optional().describe("Folder that the command runs in."),
  interpreter: texts()
    .min(1)
    .optional()
    .describe("Program, and its arguments before the command; `/bin/sh -c` if absent."),
  addPreviousOutputInEnv: z
    .boolean()
    .optional()
    .describe("Whether PULUMI_COMMAND_STDOUT and PULUMI_COMMAND_STDERR hold the last output; true if absent."),
  logging: z
    .enum(["stdout", "stderr", "stdoutAndStderr", "none"])
    .optional()
    .describe("Output that is shown in the deployment; both if absent."),
});

const outputs = z.object({
  stdout: z.string().describe("What the last command printed."),
  stderr: z.string().describe("What the last command printed to standard error."),
});

type Inputs = z.infer<typeof inputs>;
type Outputs = z.infer<typeof outputs>;
type State = Inputs & Outputs;

const token = "command:local:Command";
const nothingYet: Outputs = { stdout: "", stderr: "" };

/** Like the official one, without the properties for assets and archives. */
export const localCommand: Resource<AbortController, Inputs, State> = {
  token,
  description: "A command that runs on this machine.",
  inputs,
  outputs,
  id: () => randomBytes(8).toString("hex"),
  diff: async (_, state, given) => changedInputs(inputs, state, given, (name) => name === "triggers"),
  create: (operation, given) => run(operation, given.create, given, nothingYet),
  read: async (_, id, state) => requireState(token, id, state),
  update: (operation, { stdout, stderr }, given) =>
    run(operation, given.update ?? given.create, given, { stdout, stderr }),
  async delete(operation, state) {
    await run(operation, state.delete, state, state);
  },
};

async function run(
  { context, log, preview }: Operation<AbortController>,
  command: string | undefined,
  given: Inputs,
  previous: Outputs,
): Promise<State> {
  if (preview) return { ...given, ...unknownOutputs<Outputs>(outputs) };
  if (command === undefined) return { ...given, ...previous };
  const { interpreter = ["/bin/sh", "-c"], dir, environment, stdin = "", logging = "stdoutAndStderr" } = given;
  const output = await runCommand({
    command,
    interpreter,
    dir,
    environment: { ...environment, ...(given.addPreviousOutputInEnv === false ? {} : previousOutput(previous)) },
    stdin,
    signal: context.signal,
    onLine(stream, line) {
      if (logging === stream || logging === "stdoutAndStderr") log("info", line);
    },
  });
  return { ...given, ...output };
}

/** What was not printed is not set. */
function previousOutput({ stdout, stderr }: Outputs): Record<string, string> {
  const variables = { PULUMI_COMMAND_STDOUT: stdout, PULUMI_COMMAND_STDERR: stderr };
  return Object.fromEntries(Object.entries(variables).filter(([, text]) => text !== ""));
}

import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { Operation, Resource } from "../../../provider/protocol/resource.ts";
import { only } from "../onlyValue.ts";
import { changedInputs, requireState, unknownOutputs } from "../reliesOnState.ts";
import { runCommand } from "./runCommand.ts";

const inputs = z.strictObject({
  create: z.string().describe("Command to run when the resource is created, and when an input has changed."),
  stdin: z.string().default("").describe("Text for the command's standard input."),
  environment: z.record(z.string(), z.string()).default({}).describe("Variables for the command."),
  interpreter: z
    .array(z.string())
    .min(1)
    .default(["/bin/sh", "-c"])
    .describe("Program, and its arguments before the command."),
  addPreviousOutputInEnv: only(false, "the stand-in for the command provider hands on no earlier output"),
  logging: only("none", "the stand-in for the command provider shows no output"),
});

const outputs = z.object({
  stdout: z.string().describe("What the last command printed."),
  stderr: z.string().describe("What the last command printed to standard error."),
});

type Inputs = z.infer<typeof inputs>;
type State = Inputs & z.infer<typeof outputs>;

const token = "command:local:Command";

/** What the acceptance check uses of the official one. */
export const localCommand: Resource<AbortController, Inputs, State> = {
  token,
  description: "A command that runs on this machine.",
  inputs,
  outputs,
  id: () => randomBytes(8).toString("hex"),
  diff: async (_, state, given) => changedInputs(inputs, state, given, () => false),
  create: run,
  read: async (_, id, state) => requireState(token, id, state),
  update: (operation, _, given) => run(operation, given),
  async delete() {
    // Nothing is left of a command that has run.
  },
};

async function run({ context, preview }: Operation<AbortController>, given: Inputs): Promise<State> {
  if (preview) return { ...given, ...unknownOutputs<z.infer<typeof outputs>>(outputs) };
  return { ...given, ...(await runCommand(given, context.signal)) };
}

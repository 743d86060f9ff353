import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";
import type { PropertyChange } from "../../provider/protocol/changes.ts";
import { OperationError } from "../../provider/protocol/resource.ts";
import { type Properties, UNKNOWN } from "../../provider/protocol/values.ts";

/*
 * What resources have in common that rely on the state: nothing is looked at, so that a change is what differs between the
 * inputs of two runs.
 */

/** Inputs that differ from those in the state; one that was taken away counts as well. */
export function changedInputs(
  schema: z.ZodObject,
  state: Properties,
  inputs: Properties,
  replaces: (name: string) => boolean,
): PropertyChange[] {
  return Object.keys(schema.shape)
    .filter((name) => !isDeepStrictEqual(state[name], inputs[name]))
    .map((name) => changeOf(name, state[name], inputs[name], replaces(name)));
}

function changeOf(path: string, before: unknown, after: unknown, replace: boolean): PropertyChange {
  const kind = before === undefined ? "add" : after === undefined ? "delete" : "update";
  return { path, kind, replace };
}

/** What a preview tells of outputs that only the update itself can know. */
export function unknownOutputs<Outputs extends Properties>(schema: z.ZodObject): Outputs {
  return Object.fromEntries(Object.keys(schema.shape).map((name) => [name, UNKNOWN])) as Outputs;
}

/** The state itself, which an import has not. */
export function requireState<State>(token: string, id: string, state: State | undefined): State {
  if (state === undefined) throw new OperationError(`${token} cannot be imported (${id}): it exists in a state only`);
  return state;
}

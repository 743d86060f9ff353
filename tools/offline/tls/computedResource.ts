import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";
import type { PropertyChange } from "../../../provider/protocol/changes.ts";
import { type CheckFailure, OperationError, type Resource } from "../../../provider/protocol/resource.ts";
import { type Properties, UNKNOWN } from "../../../provider/protocol/values.ts";

/** What the tls resources share: nothing, they only compute. */
export type Nothing = Record<string, never>;

/** A resource whose outputs are computed once from its inputs and then live in the state alone. */
export interface ComputedResource<Inputs extends Properties, Outputs extends Properties> {
  token: string;
  description: string;
  inputs: z.ZodObject;
  outputs: z.ZodObject;
  secrets?: readonly string[];
  check?(inputs: Inputs): CheckFailure[];
  compute(inputs: Inputs): Promise<Outputs>;
  /** Inputs that can change without a new computation. */
  updatable?: readonly string[];
  /** Outputs that depend on the time as well. */
  current?(state: Inputs & Outputs): Partial<Outputs>;
  /** Changes although no input has changed. */
  due?(state: Inputs & Outputs): PropertyChange[];
}

/** Makes the resource that the protocol adapter serves. Like the official ones it is replaced by any changed input. */
export function computedResource<Inputs extends Properties, Outputs extends Properties>(
  definition: ComputedResource<Inputs, Outputs>,
): Resource<Nothing, Inputs, Inputs & Outputs> {
  const { updatable = [], compute, current = () => ({}), due = () => [] } = definition;
  const { token, description, inputs: inputSchema, outputs: outputSchema, secrets, check } = definition;
  const inputNames = Object.keys(inputSchema.shape);
  return {
    token,
    description,
    inputs: inputSchema,
    outputs: outputSchema,
    ...(secrets === undefined ? {} : { secrets }),
    ...(check === undefined ? {} : { check }),
    id: (inputs) => createHash("sha1").update(JSON.stringify(inputs)).digest("hex"),
    async diff(_, state, inputs) {
      const changes = inputNames
        .filter((name) => !isDeepStrictEqual(state[name], inputs[name]))
        .map((name) => changeOf(name, state[name], inputs[name], !updatable.includes(name)));
      return changes.some(({ replace }) => replace) ? changes : [...changes, ...due({ ...state, ...inputs })];
    },
    async create({ preview }, inputs) {
      if (preview) return { ...inputs, ...unknownOutputs<Outputs>(outputSchema) };
      return { ...inputs, ...(await compute(inputs)) };
    },
    async read(_, id, state) {
      if (state === undefined)
        throw new OperationError(`${token} cannot be imported (${id}): it exists in a state only`);
      return { ...state, ...current(state) };
    },
    async update(_, state, inputs) {
      const updated = { ...state, ...inputs };
      return { ...updated, ...current(updated) };
    },
    async delete() {
      // It exists in the state only.
    },
  };
}

function changeOf(path: string, before: unknown, after: unknown, replace: boolean): PropertyChange {
  const kind = before === undefined ? "add" : after === undefined ? "delete" : "update";
  return { path, kind, replace };
}

/** A preview computes nothing: the key or certificate would be another one than the update makes. */
function unknownOutputs<Outputs extends Properties>(schema: z.ZodObject): Outputs {
  return Object.fromEntries(Object.keys(schema.shape).map((name) => [name, UNKNOWN])) as Outputs;
}

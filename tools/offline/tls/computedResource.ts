import { createHash } from "node:crypto";
import type { PropertyChange } from "../../../provider/protocol/changes.ts";
import type { Resource, ResourceType } from "../../../provider/protocol/resource.ts";
import type { Properties } from "../../../provider/protocol/values.ts";
import { changedInputs, requireState, unknownOutputs } from "../reliesOnState.ts";

/** What the tls resources share: nothing, they only compute. */
export type Nothing = Record<string, never>;

/** A resource whose outputs are computed once from its inputs and then live in the state alone. */
export interface ComputedResource<Inputs extends Properties, Outputs extends Properties> extends ResourceType<Inputs> {
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
  const { updatable = [], compute, current = () => ({}), due = () => [], ...type } = definition;
  return {
    ...type,
    id: (inputs) => createHash("sha1").update(JSON.stringify(inputs)).digest("hex"),
    async diff(_, state, inputs) {
      const changes = changedInputs(type.inputs, state, inputs, (name) => !updatable.includes(name));
      return changes.some(({ replace }) => replace) ? changes : [...changes, ...due({ ...state, ...inputs })];
    },
    async create({ preview }, inputs) {
      // A preview computes nothing: the key or certificate would be another one than the update makes.
      if (preview) return { ...inputs, ...unknownOutputs<Outputs>(type.outputs) };
      return { ...inputs, ...(await compute(inputs)) };
    },
    async read(_, id, state) {
      const known = requireState(type.token, id, state);
      return { ...known, ...current(known) };
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

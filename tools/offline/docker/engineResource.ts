import type Dockerode from "dockerode";
import {
  type Operation,
  OperationError,
  type Resource,
  type ResourceType,
} from "../../../provider/protocol/resource.ts";
import type { Properties } from "../../../provider/protocol/values.ts";
import { changedInputs, unknownOutputs } from "../reliesOnState.ts";
import { type Engine, reasonOf } from "./engine.ts";

/** What each thing that an engine has is found by. */
export type Named = Properties & { name: string };
/** What the engine knows it by. */
export type Identified = Properties & { id: string };

/** A type of thing that an engine has, and what is done with one. */
export interface EngineThing<Inputs extends Named, Outputs extends Identified> extends ResourceType<Inputs> {
  /** Inputs that can change without another thing in its place. */
  updatable?: readonly string[];
  create(client: Dockerode, inputs: Inputs): Promise<Outputs>;
  /** What is there, and what of the inputs is no longer so; undefined where nothing is. */
  find(client: Dockerode, state: Inputs & Outputs): Promise<(Outputs & Partial<Inputs>) | undefined>;
  /** @default - nothing is to be done: what is updatable matters to later operations alone */
  update?(client: Dockerode, state: Inputs & Outputs): Promise<void>;
  /** Not called where nothing is there. */
  remove(client: Dockerode, state: Inputs & Outputs): Promise<void>;
}

/** Makes the resource that the protocol adapter serves. Like the official ones it is replaced by almost any changed input. */
export function engineResource<Inputs extends Named, Outputs extends Identified>(
  definition: EngineThing<Inputs, Outputs>,
): Resource<Engine, Inputs, Inputs & Outputs> {
  const { updatable = [], create, find, update, remove, ...type } = definition;

  async function ask<Answer>(
    { context }: Operation<Engine>,
    doing: string,
    work: (client: Dockerode) => Promise<Answer>,
  ): Promise<Answer> {
    const client = await context.client();
    try {
      return await work(client);
    } catch (error) {
      throw new OperationError(`cannot ${doing}: ${reasonOf(error)}`);
    }
  }

  return {
    ...type,
    id: (_, state) => state.id,
    diff: async (_, state, inputs) => changedInputs(type.inputs, state, inputs, (name) => !updatable.includes(name)),
    async create(operation, inputs) {
      if (!operation.preview) {
        return ask(operation, `make ${inputs.name}`, async (client) => ({
          ...inputs,
          ...(await create(client, inputs)),
        }));
      }
      await operation.context.requireNearby();
      return { ...inputs, ...unknownOutputs<Outputs>(type.outputs) };
    },
    async read(operation, id, state) {
      if (state === undefined) throw new OperationError(`${type.token}: the stand-in imports nothing (${id})`);
      const found = await ask(operation, `read ${state.name}`, (client) => find(client, state));
      return found && { ...state, ...found };
    },
    async update(operation, state, inputs) {
      const updated = { ...state, ...inputs };
      if (!operation.preview) {
        await ask(operation, `change ${inputs.name}`, async (client) => update?.(client, updated));
      }
      return updated;
    },
    delete: (operation, state) =>
      ask(operation, `remove ${state.name}`, async (client) => {
        if ((await find(client, state)) !== undefined) await remove(client, state);
      }),
  };
}

import { randomUUID } from "node:crypto";
import { z } from "zod";
import { HostUnreachable } from "../connection/errors.ts";
import type { Host } from "../host/host.ts";
import type { Manifest, ManifestEntry } from "../host/manifest.ts";
import { type CheckFailure, type Log, type Operation, OperationError, type Resource } from "../protocol/resource.ts";
import { type Properties, UNKNOWN } from "../protocol/values.ts";

/** What all resources of one host share. */
export interface HostContext {
  host: Host;
  manifest: Manifest;
  /** The release that the host runs. */
  release: string;
  /** `MAILHOST_UNREACHABLE=keep-state`: what cannot be asked is taken to be as it was. */
  keepStateWhenUnreachable: boolean;
}

/** What one look at the host found. */
export interface Observation<State> {
  /** Whether anything of the resource is there. */
  present: boolean;
  /** What is there, under the names of the inputs, and the outputs. */
  state: State;
}

/** What `converge` and `remove` are given beside the properties. */
export interface Change {
  context: HostContext;
  host: Host;
  log: Log;
  /** What the manifest remembers of this resource: facts that remove needs, such as what was there before. */
  remembered: Properties;
}

/** State that lives on a host. The rest of a {@link Resource} follows from these functions: see {@link hostResource}. */
export interface HostResourceDefinition<Inputs extends object, Outputs extends object> {
  token: string;
  description: string;
  inputs: z.ZodObject;
  outputs: z.ZodObject;
  secrets?: readonly string[];
  check?(inputs: Inputs): CheckFailure[];
  id(inputs: Inputs): string;
  /** Looks at the host. `known` is what is wanted or was last seen; at an import there is only the id. */
  observe(context: HostContext, id: string, known: Partial<Inputs & Outputs>): Promise<Observation<Inputs & Outputs>>;
  /** What in the host's present state forbids the change, told at preview already. Throws OperationError. */
  preflight?(context: HostContext, inputs: Inputs, observed: Observation<Inputs & Outputs>): Promise<void>;
  /**
   * Makes the host as wanted, from whatever is there. Returns what the manifest shall remember: what an import or a
   * removal needs, under the inputs' names where it is an input. On an error the host must be as it was.
   */
  converge(change: Change, inputs: Inputs, observed: Observation<Inputs & Outputs>): Promise<Properties>;
  /** Removes what converge made, as far as it may be removed. */
  remove(change: Change, state: Inputs & Outputs): Promise<void>;
}

interface Marks {
  hostId: string;
  instance: string;
}

/**
 * A resource of a host, with what all of them have in common: instance marks, the identity of the host, previews
 * that change nothing, and a deliberate path for a host that is gone.
 */
export function hostResource<Inputs extends object, Outputs extends object>(
  definition: HostResourceDefinition<Inputs, Outputs>,
): Resource<HostContext> {
  type State = Inputs & Outputs & Marks;
  const { token, description, inputs, outputs, secrets } = definition;

  const apply = async (operation: Operation<HostContext>, wanted: Inputs, instance: string): Promise<Properties> => {
    const { context, log } = operation;
    const { host, manifest } = context;
    const { hostId } = await host.facts();
    const id = definition.id(wanted);
    const key = manifestKey(token, id);
    const before = await definition.observe(context, id, wanted);
    await definition.preflight?.(context, wanted, before);
    const properties = (state: Inputs & Outputs): Properties => ({ ...wanted, ...state, hostId, instance });
    if (operation.preview) return properties({ ...before.state, ...wanted });
    const { instance: _, ...remembered } = (await manifest.entry(key)) ?? {};
    const toRemember = await definition.converge({ context, host, log, remembered }, wanted, before);
    await manifest.setEntry(key, { ...toRemember, instance });
    const after = await definition.observe(context, id, wanted);
    return properties(after.state);
  };

  return {
    token,
    description,
    inputs,
    outputs: outputs.extend({
      hostId: z.string().describe("machine-id(5) of the host that this resource is on."),
      instance: z.string().describe("Mark in the host's manifest: only its bearer may delete."),
    }),
    ...(secrets === undefined ? {} : { secrets }),
    check: (wanted) => definition.check?.(wanted as Inputs) ?? [],
    id: (wanted) => definition.id(wanted as Inputs),

    async diff({ context }, state, _wanted, changes) {
      const { hostId } = await hostFacts(context, (state as State).hostId);
      // Another host under the same state: whatever the state says of the old one, this one must be filled.
      return hostId === (state as State).hostId ? changes : [...changes, { path: "hostId", kind: "update" }];
    },

    async create(operation, wanted) {
      return apply(operation, wanted as Inputs, operation.preview ? UNKNOWN : randomUUID());
    },

    async update(operation, state, wanted) {
      return apply(operation, wanted as Inputs, (state as State).instance);
    },

    async read({ context, log }, id, state, wanted) {
      try {
        const { hostId } = await context.host.facts();
        const entry = await context.manifest.entry(manifestKey(token, id));
        // At an import the manifest alone knows what belongs to the resource.
        const known = (state === undefined ? (entry ?? {}) : { ...state, ...wanted }) as Partial<State>;
        const observation = await definition.observe(context, id, known);
        if (!observation.present && entry === undefined) return undefined;
        const instance = known.instance ?? entry?.instance ?? randomUUID();
        return { ...observation.state, hostId, instance };
      } catch (error) {
        if (!(error instanceof HostUnreachable && context.keepStateWhenUnreachable)) throw error;
        log("warning", `not looked at: ${error.message}`);
        return state;
      }
    },

    async delete(operation, state) {
      const { context, log } = operation;
      const { host, manifest } = context;
      const { instance } = state as State;
      const id = definition.id(state as Inputs);
      const key = manifestKey(token, id);
      try {
        await host.facts();
      } catch (error) {
        if (!(error instanceof HostUnreachable && context.keepStateWhenUnreachable)) throw error;
        log("warning", `nothing was removed from the host: ${error.message}`);
        return;
      }
      const entry: ManifestEntry | undefined = await manifest.entry(key);
      if (entry?.instance !== instance) {
        log("info", `${id} stays on the host: it belongs to another resource now`);
        return;
      }
      const { instance: _, ...remembered } = entry;
      await definition.remove({ context, host, log, remembered }, state as State);
      await manifest.setEntry(key, undefined);
    },
  };
}

/** An unreachable host whose state shall be kept is taken to be the host that is known. */
async function hostFacts(context: HostContext, knownHostId: string): Promise<{ hostId: string }> {
  try {
    return await context.host.facts();
  } catch (error) {
    if (error instanceof HostUnreachable && context.keepStateWhenUnreachable) return { hostId: knownHostId };
    throw error;
  }
}

/** `mailhost:host:Account vmail` */
function manifestKey(token: string, id: string): string {
  return `${token} ${id}`;
}

/** A mistake on the host that stops a change before it begins. */
export function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new OperationError(problems.join("\n"));
}

/** What the manifest keeps of a map whose values are long, or secret: its keys. */
export function namesOf(map: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.keys(map).map((name) => [name, ""]));
}

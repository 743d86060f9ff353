import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { ReleaseName } from "../../shared/releases/release.ts";
import { HostUnreachable } from "../connection/errors.ts";
import type { Host } from "../machine/host.ts";
import type { EntryFile, Manifest, ManifestEntry } from "../machine/manifest.ts";
import { compareProperties } from "../protocol/changes.ts";
import { type Log, type Operation, OperationError, type Resource, type ResourceType } from "../protocol/resource.ts";
import { containsUnknown, isRecord, type Properties, UNKNOWN } from "../protocol/values.ts";

/** What all resources of one host share. */
export interface HostContext {
  host: Host;
  manifest: Manifest;
  /** The release that the host runs. */
  release: ReleaseName;
  /** `MAILHOST_UNREACHABLE=keep-state`: what cannot be asked is taken to be as it was. */
  keepStateWhenUnreachable: boolean;
  /**
   * In a preview: what the host lacks as yet, and `up` gives it. Packages by their names, other things by the ids of their
   * resources, which add them: what depends on them comes later.
   */
  lacking: Set<string>;
}

/** What one look at the host found. */
export interface Observation<Seen> {
  /** Whether anything of the resource is there. */
  present: boolean;
  /** What is there, under the names of the inputs, and the outputs. */
  state: Seen;
}

/** What the functions of a change are given beside the properties. */
export interface Change {
  context: HostContext;
  host: Host;
  log: Log;
  /** What the manifest remembers of this resource: facts that remove needs, such as what was there before. */
  remembered: Properties;
  /** Whether the manifest knows nothing of it yet. */
  isNew: boolean;
}

/** What `converge` is given besides. */
export interface Convergence extends Change {
  /** What the manifest remembers now: an undo may have changed it. */
  recall(): Promise<Properties>;
  /**
   * A file with which the manifest remembers `memory` from the moment that it is in place. For a change that comes as a
   * whole: what `converge` returns is only written when it has ended, and by then we may be gone.
   */
  entryFile(memory: Properties): Promise<EntryFile>;
}

/**
 * State that lives on a host. The rest of a {@link Resource} follows from these functions: see {@link hostResource}.
 *
 * `Seen` is what a look at the host can find; by default all properties.
 */
export interface HostResourceDefinition<Inputs extends object, Outputs extends object, Seen = Inputs & Outputs>
  extends ResourceType<Inputs> {
  /** Inputs that cannot change, because no resource is ever replaced, and what to do instead. */
  fixed?: Readonly<Record<string, string>>;
  id(inputs: Inputs): string;
  /**
   * Looks at the host. `known` is what is wanted, the outputs that the state has, and what the manifest remembers, so that
   * what is no longer wanted is seen too; at an import there is only the latter.
   */
  observe(context: HostContext, id: string, known: Partial<Inputs & Outputs>): Promise<Observation<Seen>>;
  /** Why the same host, looked at again, is not what it was and must not be touched. */
  distrust?(before: Inputs & Outputs, seen: Seen): string[];
  /**
   * What in the host's present state forbids the change, told at preview already; there, inputs that are not known
   * yet are missing. Throws OperationError.
   */
  preflight?(change: Change, inputs: Partial<Inputs>, observed: Observation<Seen>): Promise<void>;
  /**
   * What the change does beside what a preview shows of it, told there; inputs that are not known yet are missing. Throws
   * OperationError where the change would be refused.
   */
  foresee?(change: Change, inputs: Partial<Inputs>, observed: Observation<Seen>): Promise<string[]>;
  /**
   * What the manifest shall remember before anything is changed, beside what it does, lest a change that breaks off
   * leaves unknown things on the host. Not needed where `converge` is all or nothing.
   */
  intend?(change: Change, inputs: Inputs, observed: Observation<Seen>): Promise<Properties>;
  /**
   * Makes the host as wanted, from whatever is there. Returns what the manifest shall remember: what an import or a
   * removal needs, under the inputs' names where it is an input.
   */
  converge(change: Convergence, inputs: Inputs, observed: Observation<Seen>): Promise<Properties>;
  /** Removes what converge made, as far as it may be removed. `state` includes what the manifest remembers. */
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
export function hostResource<Inputs extends object, Outputs extends object, Seen extends object = Inputs & Outputs>(
  definition: HostResourceDefinition<Inputs, Outputs, Seen>,
): Resource<HostContext> {
  type State = Inputs & Outputs & Marks;
  const { token, description, inputs, outputs, secrets } = definition;

  /** Creates, or with `previous` updates. */
  const apply = async (operation: Operation<HostContext>, wanted: Inputs, previous?: State): Promise<Properties> => {
    const { context, log, preview } = operation;
    const { host, manifest } = context;
    const instance = previous?.instance ?? (preview ? UNKNOWN : randomUUID());
    const { hostId, awaitsUpgrade } = await host.facts();
    // There is nothing yet that an upgrade of the host could change.
    if (previous === undefined && awaitsUpgrade !== undefined) refuse([awaitsUpgrade]);
    const id = definition.id(wanted);
    const given = preview ? withoutUnknown(wanted) : wanted;
    const key = manifestKey(token, id);
    const entry = preview && containsUnknown(id) ? undefined : await manifest.entry(key);
    const remembered = memoryOf(entry);
    refuse(changesOfFixed(definition.fixed ?? {}, { ...remembered, ...previous }, given as Properties));
    const known = merge(merge(outputsOf(previous ?? {}), remembered), given);
    const before = await definition.observe(context, id, known as Partial<State>);
    if (previous?.hostId === hostId) refuse(definition.distrust?.(previous, before.state) ?? []);
    const change = { context, host, log, remembered, isNew: entry === undefined };
    await definition.preflight?.(change, given, before);
    if (preview) {
      if (!before.present) context.lacking.add(id);
      for (const consequence of (await definition.foresee?.(change, given, before)) ?? []) log("warning", consequence);
      return { ...previewed(wanted, before.state), hostId, instance };
    }

    const intended = { ...remembered, ...(await definition.intend?.(change, wanted, before)) };
    const write = (memory: Properties) => manifest.setEntry(key, { ...memory, instance });
    if (definition.intend !== undefined) await write(intended);
    const convergence = {
      ...change,
      remembered: intended,
      recall: async () => memoryOf(await manifest.entry(key)),
      entryFile: (memory: Properties) => manifest.entryFile(key, { ...memory, instance }),
    };
    await write(await definition.converge(convergence, wanted, before));
    const after = await definition.observe(context, id, wanted);
    return { ...wanted, ...after.state, hostId, instance };
  };

  const outputsOf = (state: object): Properties =>
    Object.fromEntries(Object.keys(outputs.shape).map((name) => [name, Reflect.get(state, name)]));

  /** What a preview can tell without touching the host: an output may come out differently where anything changes. */
  const previewed = (wanted: Inputs, seen: Properties | Seen): Properties => {
    const unchanged = compareProperties(seen as Properties, wanted as Properties).length === 0;
    const computed = Object.keys(outputs.shape).map((name) => [name, unchanged ? Reflect.get(seen, name) : UNKNOWN]);
    return { ...Object.fromEntries(computed), ...wanted };
  };

  /** Whether work may go on without the host, which `error` says is not there. */
  const mayBeAbsent = ({ context, log }: Operation<HostContext>, error: unknown, consequence: string): boolean => {
    if (!(error instanceof HostUnreachable && context.keepStateWhenUnreachable)) return false;
    log("warning", `${consequence}: ${error.message}`);
    return true;
  };

  const applyOrForesee = async (operation: Operation<HostContext>, wanted: Inputs, previous?: State) => {
    try {
      return await apply(operation, wanted, previous);
    } catch (error) {
      if (!(operation.preview && mayBeAbsent(operation, error, "not held against the host"))) throw error;
      const { hostId, instance } = previous ?? { hostId: UNKNOWN, instance: UNKNOWN };
      return { ...previewed(wanted, {}), hostId, instance };
    }
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
    create: (operation, wanted) => applyOrForesee(operation, wanted as Inputs),
    update: (operation, state, wanted) => applyOrForesee(operation, wanted as Inputs, state as State),

    async diff({ context }, state, _wanted, changes) {
      const { hostId } = await hostFacts(context, (state as State).hostId);
      // Another host under the same state: whatever the state says of the old one, this one must be filled.
      return hostId === (state as State).hostId ? changes : [...changes, { path: "hostId", kind: "update" }];
    },

    async read(operation, id, state, wanted) {
      const { context } = operation;
      try {
        const { hostId } = await context.host.facts();
        const entry = await context.manifest.entry(manifestKey(token, id));
        const last = { ...state, ...wanted } as Partial<State>;
        // At an import the manifest alone knows what belongs to the resource.
        const isOurs = state === undefined || entry?.instance === last.instance;
        const known = (isOurs ? merge(entry ?? {}, last) : last) as Partial<State>;
        const observation = await definition.observe(context, id, known);
        if (!observation.present && entry === undefined) return undefined;
        if (last.hostId === hostId) refuse(definition.distrust?.(last as State, observation.state) ?? []);
        const instance = last.instance ?? entry?.instance ?? randomUUID();
        return { ...observation.state, hostId, instance };
      } catch (error) {
        if (!mayBeAbsent(operation, error, "not looked at")) throw error;
        return state;
      }
    },

    async delete(operation, properties) {
      const { context, log } = operation;
      const { host, manifest } = context;
      const state = properties as State;
      const id = definition.id(state);
      const key = manifestKey(token, id);
      try {
        await host.facts();
      } catch (error) {
        if (!mayBeAbsent(operation, error, "nothing was removed from the host")) throw error;
        return;
      }
      const entry: ManifestEntry | undefined = await manifest.entry(key);
      if (entry?.instance !== state.instance) {
        log("info", `${id} stays on the host: it belongs to another resource now`);
        return;
      }
      const remembered = memoryOf(entry);
      await definition.remove({ context, host, log, remembered, isNew: false }, merge(remembered, state) as State);
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

/** An entry without the mark. */
function memoryOf(entry: ManifestEntry | undefined): Properties {
  const { instance: _, ...memory } = entry ?? {};
  return memory;
}

/** `mailhost:host:Account vmail` */
function manifestKey(token: string, id: string): string {
  return `${token} ${id}`;
}

/** A mistake on the host that stops a change before it begins. */
export function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new OperationError(problems.join("\n"));
}

/** What to do instead of changing an input that says which thing a resource is. */
export const ANOTHER_RESOURCE = "give the resource another name too, then the one is made and the other removed";

function changesOfFixed(fixed: Readonly<Record<string, string>>, before: Properties, wanted: Properties): string[] {
  return Object.entries(fixed)
    .filter(([name]) => before[name] !== undefined && wanted[name] !== undefined && before[name] !== wanted[name])
    .map(([name, remedy]) => `${name} cannot change from ${before[name]} to ${wanted[name]}: ${remedy}`);
}

/** Top-level properties that are known in full. */
function withoutUnknown<Inputs extends object>(inputs: Inputs): Partial<Inputs> {
  return Object.fromEntries(Object.entries(inputs).filter(([, value]) => !containsUnknown(value))) as Partial<Inputs>;
}

/** Properties of both; `preferred` wins, and of two maps entry by entry. */
export function merge(others: object, preferred: object): Properties {
  const merged: Properties = { ...others };
  for (const [name, value] of Object.entries(preferred)) {
    const other = merged[name];
    merged[name] = isRecord(other) && isRecord(value) ? { ...other, ...value } : value;
  }
  return merged;
}

/** What the manifest keeps of a map whose values are long, or secret: its keys. */
export function keysAsMap(map: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.keys(map).map((name) => [name, ""]));
}

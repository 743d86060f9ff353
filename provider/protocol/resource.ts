import type { z } from "zod";
import type { PropertyChange } from "./changes.ts";
import type { Properties } from "./values.ts";

/** A mistake in one input, told at preview. */
export interface CheckFailure {
  /** Property path, such as `directories["/var/vmail"]`. */
  property: string;
  reason: string;
}

/**
 * Tells the user something through the engine: standard output of a provider is not shown. `progress` is shown while
 * the operation runs and then forgotten.
 */
export type Log = (severity: "debug" | "progress" | "info" | "warning" | "error", message: string) => void;

/** What a resource's operations are given beside their properties. */
export interface Operation<Context> {
  /** What the provider shares among its resources, such as the connection to the host. */
  context: Context;
  log: Log;
  /** Set in a preview: nothing may be changed. Inputs may hold unknown values (see `containsUnknown`). */
  preview: boolean;
}

/** What a type of resource is called, takes and answers. `Inputs` are the schema's values with defaults filled in. */
export interface ResourceType<Inputs extends object = Properties> {
  /** Type token, such as `mailhost:host:Account`. */
  token: string;
  /** One sentence for the schema. */
  description: string;
  /** Names, types and defaults of the inputs. It must be a strict object: an unknown input is a mistake. */
  inputs: z.ZodObject;
  /** Outputs beyond the inputs. */
  outputs: z.ZodObject;
  /** Properties that are secret even if the program does not say so. */
  secrets?: readonly string[];
  /** Set where a replacement goes before what takes its place is made, because there cannot be two. */
  deleteBeforeReplace?: true;
  /** Mistakes that the schema cannot see. May not contact the host. Not called while `inputs` has unknown values. */
  check?(inputs: Inputs): CheckFailure[];
}

/**
 * One type of resource and what it does. Its functions deal in plain values: the adapter in server.ts does marks of secrets,
 * unknown values, check failures, detailed diffs and the automatic refresh.
 *
 * `State` is what the host really has, under the same names as the inputs, and further outputs.
 */
export interface Resource<Context, Inputs extends object = Properties, State extends object = Properties>
  extends ResourceType<Inputs> {
  /** The stable identity, made from the inputs where it can be: import needs it. */
  id(inputs: Inputs, state: State): string;
  /** Changes beyond those that comparing the observed state with the inputs shows, or a different view of them. */
  diff?(
    operation: Operation<Context>,
    state: State,
    inputs: Inputs,
    changes: PropertyChange[],
  ): Promise<PropertyChange[]>;
  create(operation: Operation<Context>, inputs: Inputs): Promise<State>;
  /**
   * What is there now, or undefined when nothing is. `state` and `inputs` are the last known ones; without them, this
   * is an import.
   */
  read(
    operation: Operation<Context>,
    id: string,
    state: State | undefined,
    inputs: Inputs | undefined,
  ): Promise<State | undefined>;
  update(operation: Operation<Context>, state: State, inputs: Inputs): Promise<State>;
  /** Must succeed where the thing is gone already. */
  delete(operation: Operation<Context>, state: State): Promise<void>;
}

/**
 * An error for the person who runs the deployment. Nothing was changed, or what was changed has been put back, so the
 * state stays as it was.
 */
export class OperationError extends Error {
  override readonly name = "OperationError";
}

import type { z } from "zod";
import type { CheckFailure, Resource } from "./resource.ts";
import type { Properties } from "./values.ts";

/** What the engine tells a provider that it starts. */
export interface ProviderStart {
  /** Where the engine takes messages for the user; undefined where a provider is started by hand. */
  readonly engineAddress: string | undefined;
  /** JSON of the stack's configuration in the package's namespace, keys without it, values as text, secrets in clear. */
  readonly stackConfiguration: string | undefined;
}

/** A whole provider: its configuration, what its resources share, and the resources. */
export interface Provider<Context> {
  /** Package name, the first part of every token. */
  name: string;
  version: string;
  description: string;
  /** Names, types and defaults of the provider's own arguments. */
  configuration: z.ZodObject;
  secretConfiguration?: readonly string[];
  /** Mistakes in the arguments that the schema cannot see. */
  checkConfiguration?(configuration: Properties): CheckFailure[];
  /**
   * Called once, before the first operation. Must not do anything slow: a provider may be configured for nothing.
   *
   * @param stackConfiguration see {@link ProviderStart.stackConfiguration}
   */
  configure(configuration: Properties, stackConfiguration: string | undefined): Context;
  /** Called when the engine cancels or ends; open connections must be closed. */
  close(context: Context): void;
  resources: readonly Resource<Context>[];
  /** Set where a preview and an update rely on the state, and look at the resources only in a refresh that is asked for. */
  reliesOnState?: true;
}

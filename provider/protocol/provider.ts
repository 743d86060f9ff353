import type { z } from "zod";
import type { EngineLog } from "./engineLog.ts";
import type { CheckFailure, Resource } from "./resource.ts";
import type { Properties } from "./values.ts";

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
  /** Called once, before the first operation. Must not do anything slow: a provider may be configured for nothing. */
  configure(configuration: Properties, log: EngineLog): Context;
  /** Called when the engine cancels or ends; open connections must be closed. */
  close(context: Context): void;
  resources: readonly Resource<Context>[];
}

import type { EngineEnvironment } from "../../tools/engine/environment.ts";
import type { PreparedEngine } from "../../tools/engine/prepareEngine.ts";
import { withProviders } from "../../tools/engine/withProviders.ts";

/**
 * One process that serves the providers to all operations of a stack, as `npm run pulumi` starts one for each: to load them
 * takes as long as a preview.
 */
export interface ProviderService extends Disposable {
  /** What the engine is to run in. */
  readonly environment: Promise<EngineEnvironment>;
}

export function startProviderService(engine: Pick<PreparedEngine, "environment" | "standIns">): ProviderService {
  const end = Promise.withResolvers<void>();
  const environment = new Promise<EngineEnvironment>((resolve, reject) => {
    withProviders(engine, (environment) => {
      resolve(environment);
      return end.promise;
    }).catch(reject);
  });
  return { environment, [Symbol.dispose]: end.resolve };
}

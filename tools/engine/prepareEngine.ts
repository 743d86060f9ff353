import { provideStandIns } from "../offline/standIns.ts";
import { type Engine, ensureEngine } from "./engine.ts";
import { type EngineEnvironment, type EngineFolders, engineEnvironment } from "./environment.ts";

/** An engine that is ready to run programs of this repository. */
export interface PreparedEngine {
  engine: Engine;
  /** The complete environment to run the CLI, or a program that uses it, in. */
  environment: EngineEnvironment;
  /** The official plugins in whose place stand-ins of this repository serve. */
  standIns: readonly string[];
}

/** Everything between nothing and a usable engine: the CLI, its environment, plugins that cannot be downloaded. */
export async function prepareEngine(folders: EngineFolders = {}): Promise<PreparedEngine> {
  const engine = await ensureEngine();
  const environment = engineEnvironment(engine, folders);
  const standIns = provideStandIns(engine, environment.PULUMI_HOME);
  return { engine, environment, standIns };
}

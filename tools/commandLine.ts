import { type ParseArgsConfig, parseArgs } from "node:util";
import { Failure } from "./failure.ts";

/**
 * The arguments of this process.
 *
 * @throws Failure that ends with `usage`, where they are not as `config` says
 */
export function parseCommandLine<Config extends ParseArgsConfig>(
  config: Config,
  usage: string,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new Failure(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  }
}

import { join } from "node:path";
import { ensureBuiltEngine } from "./buildEngine.ts";
import { findInstalledEngine } from "./installedEngine.ts";

/** A Pulumi CLI with the language host for Node programs. */
export interface Engine {
  /** The folder with `bin/pulumi`, as the Automation API's `PulumiCommand.get({ root })` wants it. */
  root: string;
  /** The executable. */
  cli: string;
  /**
   * `installed`: a released CLI of the user's, which can fetch plugins. `built`: made here from Go modules, because
   * release archives are out of reach; plugins are then out of reach as well.
   */
  origin: "installed" | "built";
}

/**
 * The Pulumi CLI to use: an installed one of at least the pinned version, else one built from the Go modules that this
 * repository pins. The first build takes minutes and reports its progress on stderr; after that it costs a look-up.
 */
export async function ensureEngine(): Promise<Engine> {
  const installed = findInstalledEngine();
  if (installed !== undefined) return engineIn(installed, "installed");
  return engineIn(await ensureBuiltEngine(), "built");
}

function engineIn(root: string, origin: Engine["origin"]): Engine {
  return { root, cli: join(root, "bin", "pulumi"), origin };
}

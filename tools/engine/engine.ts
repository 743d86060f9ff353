import { join } from "node:path";
import { buildEngine, findBuiltEngine } from "./buildEngine.ts";
import { downloadEngine, findDownloadedEngine } from "./downloadedEngine.ts";
import { findInstalledEngine } from "./installedEngine.ts";

/** A Pulumi CLI with the language host for Node programs. */
export interface Engine {
  /** The folder with `bin/pulumi`, as the Automation API's `PulumiCommand.get({ root })` wants it. */
  root: string;
  /** The executable. */
  cli: string;
  /**
   * `installed`: a released CLI of the user's, which can fetch plugins. `downloaded`: the same, fetched by us.
   * `built`: made here from Go modules, because release archives are out of reach; plugins are then out of reach as
   * well.
   */
  origin: "installed" | "downloaded" | "built";
}

/**
 * The Pulumi CLI to use: an installed one of at least the pinned version, else whichever is in the cache, else the
 * official release, else, where that is out of reach, one built from the Go modules that this repository pins. The
 * first time may take minutes and reports its progress on stderr; after that it costs a look-up.
 */
export async function ensureEngine(): Promise<Engine> {
  const installed = findInstalledEngine();
  if (installed !== undefined) return engineIn(installed, "installed");
  const released = findDownloadedEngine();
  if (released !== undefined) return engineIn(released, "downloaded");
  const built = findBuiltEngine();
  if (built !== undefined) return engineIn(built, "built");
  const downloaded = await downloadEngine();
  if (downloaded !== undefined) return engineIn(downloaded, "downloaded");
  return engineIn(await buildEngine(), "built");
}

function engineIn(root: string, origin: Engine["origin"]): Engine {
  return { root, cli: join(root, "bin", "pulumi"), origin };
}

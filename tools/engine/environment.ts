import { mkdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { cacheFolder, localFolder } from "../launch/paths.mjs";
import type { Engine } from "./engine.ts";
import { localPassphraseFile } from "./passphrase.ts";

/** Where an engine keeps what it keeps. What is left out is taken from the environment, then from `.local/`. */
export interface EngineFolders {
  /**
   * Folder of a local backend.
   *
   * @default - PULUMI_BACKEND_URL, else `.local/state` of the checkout
   */
  backendFolder?: string;
  /**
   * What secrets in the state are encrypted with.
   *
   * @default - PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE, else a random one made for the checkout
   */
  passphrase?: string;
  /**
   * PULUMI_HOME: plugins and the selected stacks.
   *
   * @default - PULUMI_HOME, else `.local/pulumi` of the checkout, so that nothing of ours gets into ~/.pulumi
   */
  home?: string;
}

/** A whole environment, with what is always in it. */
export type EngineEnvironment = Record<string, string> & Record<"PATH" | "PULUMI_HOME" | "NODE_COMPILE_CACHE", string>;

/**
 * The environment that the CLI, and programs that use it through the Automation API, run in.
 *
 * It is complete: the caller's environment with our additions.
 */
export function engineEnvironment(engine: Engine, folders: EngineFolders = {}): EngineEnvironment {
  const inherited = definedOnly(process.env);
  const home = folders.home ?? inherited.PULUMI_HOME ?? join(localFolder, "pulumi");
  return {
    ...inherited,
    // Node first: the engine starts the program, and the provider, with the `node` that it finds in PATH.
    PATH: [dirname(process.execPath), dirname(engine.cli), inherited.PATH ?? ""].join(delimiter),
    NODE_COMPILE_CACHE: inherited.NODE_COMPILE_CACHE ?? join(cacheFolder(), "compile"),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_HOME: home,
    ...backend(inherited, folders),
    ...passphrase(inherited, folders),
    ...(engine.origin === "built" ? withoutDownloads : {}),
  };
}

/** An engine that had to be built has no way to its downloads; without these it tries, and waits, at every run. */
const withoutDownloads = {
  PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  PULUMI_DISABLE_REGISTRY_RESOLVE: "true",
};

function backend(inherited: Record<string, string>, { backendFolder }: EngineFolders): Record<string, string> {
  if (backendFolder === undefined && inherited.PULUMI_BACKEND_URL !== undefined) return {};
  const folder = backendFolder ?? join(localFolder, "state");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return { PULUMI_BACKEND_URL: `file://${folder}` };
}

function passphrase(inherited: Record<string, string>, { passphrase }: EngineFolders): Record<string, string> {
  if (passphrase !== undefined) return { PULUMI_CONFIG_PASSPHRASE: passphrase };
  const given = ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"];
  if (given.some((name) => inherited[name] !== undefined)) return {};
  return { PULUMI_CONFIG_PASSPHRASE_FILE: localPassphraseFile() };
}

function definedOnly(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { Engine } from "../engine/engine.ts";
import { satisfies } from "../engine/version.ts";
import { pinnedPluginVersion } from "./pluginVersion.ts";

/** Providers that have a stand-in, and the program that is it. */
const standIns = {
  command: join(import.meta.dirname, "command", "main.ts"),
  docker: join(import.meta.dirname, "docker", "main.ts"),
  tls: join(import.meta.dirname, "tls", "main.ts"),
} as const;

type PluginName = keyof typeof standIns;

/** A line in the wrappers that we write, by which they are told from official plugins. */
const mark = "# A stand-in made by mailhost, see tools/offline.";

/**
 * Puts a stand-in into `home` for each plugin that the engine cannot download, and takes it away again where it can.
 *
 * `~/.pulumi` is never touched: programs that are none of ours use it.
 *
 * @returns The names of the plugins with a stand-in
 */
export function provideStandIns(engine: Engine, home: string): string[] {
  if (isUsersOwn(home)) return [];
  return (Object.keys(standIns) as PluginName[]).filter((name) => {
    const isNeeded = !officialPluginAvailable(engine, home, name);
    if (isNeeded) installStandIn(home, name);
    else removeStandIn(home, name);
    return isNeeded;
  });
}

/** Says which stand-ins serve: once for a command, where each of its plugins would say it anew. */
export function announceStandIns(names: readonly string[]): void {
  if (names.length === 0) return;
  process.stderr.write(
    `mailhost: stand-ins serve for official plugins that cannot be downloaded here: ${names.join(", ")}\n`,
  );
}

/** Whether the engine has the official plugin or will fetch it. An engine that was built here can fetch nothing. */
export function officialPluginAvailable(engine: Engine, home: string, name: PluginName): boolean {
  if (engine.origin !== "built") return true;
  const wanted = pinnedPluginVersion(name);
  const prefix = `resource-${name}-v`;
  const folders = existsSync(pluginsFolder(home)) ? readdirSync(pluginsFolder(home)) : [];
  return folders
    .filter((folder) => folder.startsWith(prefix) && satisfies(folder.slice(prefix.length), wanted))
    .map((folder) => join(pluginsFolder(home), folder, executableName(name)))
    .some((path) => existsSync(path) && !isStandIn(path));
}

function installStandIn(home: string, name: PluginName): void {
  const path = standInPath(home, name);
  // Absolute paths: the engine starts a plugin in any folder, and an older `node` may come first in its PATH.
  const wrapper = [
    "#!/bin/sh",
    mark,
    "# See provider/pulumi-resource-mailhost.",
    `[ -z "$NODE_COMPILE_CACHE" ] || export NODE_COMPILE_CACHE="$NODE_COMPILE_CACHE/providers"`,
    `exec ${quoted(process.execPath)} ${quoted(standIns[name])} "$@"`,
    "",
  ].join("\n");
  if (existsSync(path) && readFileSync(path, "utf8") === wrapper) return;
  mkdirSync(resolve(path, ".."), { recursive: true });
  const written = `${path}.${process.pid}`;
  writeFileSync(written, wrapper);
  chmodSync(written, 0o755);
  renameSync(written, path);
}

function removeStandIn(home: string, name: PluginName): void {
  const path = standInPath(home, name);
  if (existsSync(path) && isStandIn(path)) rmSync(resolve(path, ".."), { recursive: true });
}

/** An official plugin is a large binary, which need not be read. */
function isStandIn(path: string): boolean {
  return statSync(path).size < 4096 && readFileSync(path, "utf8").includes(mark);
}

function standInPath(home: string, name: PluginName): string {
  return join(pluginsFolder(home), `resource-${name}-v${pinnedPluginVersion(name)}`, executableName(name));
}

function pluginsFolder(home: string): string {
  return join(home, "plugins");
}

function executableName(name: PluginName): string {
  return `pulumi-resource-${name}`;
}

function isUsersOwn(home: string): boolean {
  const usersOwn = join(homedir(), ".pulumi");
  return [usersOwn, ...(existsSync(usersOwn) ? [realpathSync(usersOwn)] : [])].includes(
    existsSync(home) ? realpathSync(home) : resolve(home),
  );
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}

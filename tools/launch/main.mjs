import { existsSync, readdirSync } from "node:fs";
import nodeModule from "node:module";
import { delimiter, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { endLike, runForeground } from "./child.mjs";
import { ensureDependencies } from "./dependencies.mjs";
import { ensureNode } from "./node.mjs";
import { cacheFolder, checkoutFolder } from "./paths.mjs";

const commandsFolder = join(checkoutFolder, "tools", "commands");

/**
 * Runs one command of `tools/commands`: in this process where its Node is the wanted one, else in one of that Node, and ends as
 * that ends.
 *
 * @param {string[]} argv the command's name, then its arguments
 */
export async function launch(argv) {
  const [command, ...args] = argv;
  try {
    const script = scriptOf(command);
    const node = await ensureNode();
    await ensureDependencies();
    prepareEnvironment(node);
    if (node !== process.execPath) return endLike(await runForeground(node, [script, ...args]));
    nodeModule.enableCompileCache(process.env.NODE_COMPILE_CACHE);
    process.argv = [node, script, ...args];
  } catch (error) {
    process.stderr.write(`mailhost: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
    return;
  }
  await import(pathToFileURL(process.argv[1]).href);
}

/** @param {string | undefined} command */
function scriptOf(command) {
  const script = join(commandsFolder, `${command}.ts`);
  if (command !== undefined && /^[a-z][a-zA-Z]*$/.test(command) && existsSync(script)) return script;
  const known = readdirSync(commandsFolder)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => name.slice(0, -".ts".length));
  throw new Error(
    `${command === undefined ? "no command given" : `unknown command "${command}"`}; known: ${known.join(", ")}`,
  );
}

/**
 * The wanted Node comes first in PATH because others start `node` by name: the engine for the program, the provider by
 * its wrapper.
 *
 * @param {string} node
 */
function prepareEnvironment(node) {
  process.env.PATH = [dirname(node), process.env.PATH ?? ""].join(delimiter);
  process.env.NODE_COMPILE_CACHE ??= join(cacheFolder(), "compile");
}

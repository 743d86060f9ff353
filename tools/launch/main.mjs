import { existsSync, readdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { endLike, runForeground } from "./child.mjs";
import { ensureDependencies } from "./dependencies.mjs";
import { ensureNode } from "./node.mjs";
import { cacheFolder, checkoutFolder } from "./paths.mjs";

const commandsFolder = join(checkoutFolder, "tools", "commands");

/**
 * Runs one command of `tools/commands` and ends this process as the command ended.
 *
 * @param {string[]} argv the command's name, then its arguments
 */
export async function launch(argv) {
  const [command, ...args] = argv;
  try {
    const script = scriptOf(command);
    const node = await ensureNode();
    await ensureDependencies();
    endLike(await runForeground(node, [script, ...args], { env: commandEnvironment(node) }));
  } catch (error) {
    process.stderr.write(`mailhost: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
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
 * its `#!` line.
 *
 * @param {string} node
 */
function commandEnvironment(node) {
  return {
    ...process.env,
    PATH: [dirname(node), process.env.PATH ?? ""].join(delimiter),
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(cacheFolder(), "compile"),
  };
}

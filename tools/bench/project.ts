import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseDocument } from "yaml";
import type { EngineEnvironment } from "../engine/environment.ts";
import { prepareEngine } from "../engine/prepareEngine.ts";
import { runPulumi } from "../engine/runPulumi.ts";
import { deploying, withProviders } from "../engine/withProviders.ts";
import { checkoutFolder } from "../launch/paths.mjs";

const STACK = "bench";

/** A Pulumi project in a temporary folder, with state and plugins of its own. */
export interface Project extends Disposable {
  readonly folder: string;
  /** The complete environment that the CLI runs in. */
  readonly environment: EngineEnvironment;
  /** Runs the CLI on the project's stack and returns standard output. */
  pulumi(args: readonly string[], stdin?: string): Promise<string>;
  /** Sets keys of the stack configuration. */
  configure(values: Record<string, unknown>): void;
}

/** The program of this repository as a project of its own, so that measuring leaves no trace in the work tree. */
export function mailHostProject(): Promise<Project> {
  const project = parseDocument(readFileSync(join(checkoutFolder, "Pulumi.yaml"), "utf8"));
  project.set("main", join(checkoutFolder, "index.ts"));
  project.setIn(["plugins", "providers", 0, "path"], join(checkoutFolder, "provider"));
  return createProject({ "Pulumi.yaml": project.toString() }, true);
}

/** Configuration files that concern no daemon: filesProgram.ts. */
export function filesProject(): Promise<Project> {
  return createProject({
    "Pulumi.yaml": JSON.stringify({
      name: "files",
      main: join(checkoutFolder, "tools", "bench", "filesProgram.ts"),
      runtime: { name: "nodejs", options: { typescript: false } },
      plugins: { providers: [{ name: "mailhost", path: join(checkoutFolder, "provider") }] },
    }),
  });
}

/** The least that the engine can be asked: a program without resources. */
export function emptyProject(): Promise<Project> {
  const project = { name: "empty", main: "index.ts", runtime: { name: "nodejs", options: { typescript: false } } };
  return createProject({
    "Pulumi.yaml": JSON.stringify(project),
    "package.json": JSON.stringify({ name: "empty", type: "module" }),
    "index.ts": 'import "@pulumi/pulumi";\n',
  });
}

/** @param isOurs Whether the commands that start providers do so as `npm run pulumi` does. */
async function createProject(files: Record<string, string>, isOurs = false): Promise<Project> {
  const folder = mkdtempSync(join(tmpdir(), "mailhost-bench-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  symlinkSync(join(checkoutFolder, "node_modules"), join(folder, "node_modules"));
  const backendFolder = join(folder, "state");
  mkdirSync(backendFolder);
  const engine = await prepareEngine({ backendFolder, passphrase: "bench", home: join(folder, "home") });
  const stackFile = join(folder, `Pulumi.${STACK}.yaml`);
  await runPulumi(engine, ["stack", "init", STACK], { cwd: folder });
  return {
    folder,
    environment: engine.environment,
    pulumi(args, stdin = "") {
      const run = (environment: EngineEnvironment) =>
        runPulumi({ ...engine, environment }, args, { cwd: folder, stdin });
      return isOurs && deploying.includes(args[0] ?? "") ? withProviders(engine, run) : run(engine.environment);
    },
    configure(values) {
      const document = parseDocument(readFileSync(stackFile, "utf8"));
      for (const [key, value] of Object.entries(values)) document.setIn(["config", `mailhost:${key}`], value);
      writeFileSync(stackFile, document.toString());
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

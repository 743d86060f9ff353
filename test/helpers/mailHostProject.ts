import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import {
  type EngineEvent,
  LocalWorkspace,
  type OpMap,
  type OutputMap,
  type PreviewResult,
} from "@pulumi/pulumi/automation/index.js";
import { parseDocument } from "yaml";
import { automationOptions } from "../../tools/engine/automation.ts";
import { prepareEngine } from "../../tools/engine/prepareEngine.ts";
import { checkoutFolder } from "../../tools/launch/paths.mjs";
import { driftedResources } from "../../tools/status/stack.ts";
import { startProviderService } from "./providerService.ts";
import { stateFiles } from "./stateFiles.ts";
import { makeTemporaryFolder } from "./temporaryFolder.ts";
import { upAlone } from "./upAlone.ts";

/** Keys of the stack configuration without their namespace, as somebody would write them into the stack's file. */
export type StackConfiguration = Readonly<Record<string, unknown>>;

/** Secret keys of the stack configuration. */
export type StackSecrets = Readonly<Record<string, string>>;

/** What an `up` has done. */
export interface Deployment {
  readonly stdout: string;
  readonly stderr: string;
  /** Operation to how many resources it was done to. */
  readonly changes: OpMap;
}

/** The program of this repository with a stack of its own. */
export interface MailHostProject extends Disposable {
  /** Replaces the whole stack configuration. */
  configure(configuration: StackConfiguration, secrets: StackSecrets): Promise<void>;
  /** Takes the stack configuration and the state from a folder with `Pulumi.e2e.yaml` and `state.json`, an export. */
  restore(saved: string): Promise<void>;
  /** Forgets all that was deployed; the stack's file and its passphrase are still there. */
  loseState(): Promise<void>;
  up(): Promise<Deployment>;
  destroy(): Promise<unknown>;
  /** As `pulumi preview --diff`. */
  preview(): Promise<PreviewResult>;
  /** The resources that `npm run status` calls drift. */
  drift(): Promise<string[]>;
  /** The stack outputs of the last `up`. */
  outputs(): Promise<OutputMap>;
  /** All that the engine has printed so far. */
  output(): string;
  /** All that the backend has written so far. */
  state(): string;
}

const STACK = "e2e";

/**
 * Makes a project outside the work tree: its Pulumi.yaml is the repository's, with the program and the provider where
 * they are, so that everything goes the way of the command line and nothing in the checkout changes.
 *
 * @param sources The folder of a checkout, by default this one
 */
export async function createMailHostProject(sources = checkoutFolder): Promise<MailHostProject> {
  const folder = makeTemporaryFolder("e2e");
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    return await projectIn(folder, sources, remove);
  } catch (error) {
    remove();
    throw error;
  }
}

async function projectIn(folder: string, sources: string, remove: () => void): Promise<MailHostProject> {
  const project = parseDocument(readFileSync(join(sources, "Pulumi.yaml"), "utf8"));
  project.set("main", join(sources, "index.ts"));
  project.setIn(["plugins", "providers", 0, "path"], join(sources, "provider"));
  writeFileSync(join(folder, "Pulumi.yaml"), project.toString());
  const backendFolder = join(folder, "state");
  mkdirSync(backendFolder);
  const folders = { backendFolder, home: join(folder, "home"), passphrase: "correct horse" };
  const engine = await prepareEngine(folders);
  const options = await automationOptions(folders);
  const providers = startProviderService(engine);
  const envVars = await providers.environment;
  const createStack = async () =>
    upAlone(await LocalWorkspace.createStack({ stackName: STACK, workDir: folder }, { ...options, envVars }));
  let stack = await createStack();
  const stackFile = join(folder, `Pulumi.${STACK}.yaml`);
  let printed = "";
  /** What is encrypted in the stack's file: that takes the CLI. */
  let known: StackSecrets | undefined;
  const display = {
    color: "never",
    onOutput: (text: string) => {
      printed += text;
    },
    onError: (text: string) => {
      printed += text;
    },
  } as const;
  return {
    async configure(configuration, secrets) {
      const file = parseDocument(readFileSync(stackFile, "utf8"));
      const isKnown = isDeepStrictEqual(secrets, known);
      const before = file.toJS().config;
      const encrypted = Object.keys(isKnown ? secrets : {}).map((key) => [key, before[`mailhost:${key}`]] as const);
      const entries = [...Object.entries(configuration), ...encrypted];
      file.set("config", Object.fromEntries(entries.map(([key, value]) => [`mailhost:${key}`, value])));
      writeFileSync(stackFile, file.toString());
      if (isKnown) return;
      const plain = Object.entries(secrets).map(([key, value]) => [`mailhost:${key}`, { value, secret: true }]);
      await stack.setAllConfig(Object.fromEntries(plain));
      known = secrets;
    },
    async restore(saved) {
      cpSync(join(saved, `Pulumi.${STACK}.yaml`), stackFile);
      known = undefined;
      await stack.importStack(JSON.parse(readFileSync(join(saved, "state.json"), "utf8")));
    },
    async loseState() {
      await stack.workspace.removeStack(STACK, { force: true, preserveConfig: true });
      stack = await createStack();
    },
    async up() {
      let changes: OpMap = {};
      const onEvent = ({ summaryEvent }: EngineEvent): void => {
        changes = summaryEvent?.resourceChanges ?? changes;
      };
      const { stdout, stderr } = await stack.up({ ...display, onEvent });
      return { stdout, stderr, changes };
    },
    destroy: () => stack.destroy(display),
    preview: () => stack.preview({ ...display, diff: true }),
    drift: () => driftedResources(engine, STACK, { cwd: folder }),
    outputs: () => stack.workspace.stackOutputs(STACK),
    output: () => printed,
    state: () => stateFiles(backendFolder),
    [Symbol.dispose]() {
      providers[Symbol.dispose]();
      remove();
    },
  };
}

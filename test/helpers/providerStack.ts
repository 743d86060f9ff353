import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type EngineEvent,
  LocalWorkspace,
  type PulumiFn,
  type Stack,
  type StepEventMetadata,
} from "@pulumi/pulumi/automation/index.js";
import { automationOptions } from "../../tools/engine/automation.ts";
import { checkoutFolder } from "../../tools/launch/paths.mjs";
import { type ProviderService, startProviderService } from "./providerService.ts";
import { makeTemporaryFolder } from "./temporaryFolder.ts";
import { upAlone } from "./upAlone.ts";

/** What an operation did, or would do, to one resource. */
export interface Step {
  /** `create`, `update`, `delete`, ... */
  op: string;
  /** Property paths of the detailed diff, sorted. */
  paths: string[];
  /** Inputs and outputs before and after. */
  before: StepEventMetadata["old"];
  after: StepEventMetadata["new"];
}

/** What an operation did, or would do. */
export interface Run {
  /** Resource name to the step that changes it; what stays as it is is not in here. */
  steps: Record<string, Step>;
  /**
   * All that the engine printed and all events, as one text.
   *
   * Left out is what Pulumi's SDK tells for debugging: it repeats each resource's properties, secrets in clear.
   */
  output: string;
}

export interface ProviderStackOptions {
  program: PulumiFn;
  /** @default "test" */
  name?: string;
  /** State and configuration of another stack that this one shares; by default each has its own. */
  folder?: string;
  /**
   * Whether one process serves the provider to all operations; else the engine starts one or two for each, which have its
   * environment.
   *
   * @default false
   */
  isServed?: boolean;
}

export interface UpOptions {
  expectNoChanges?: boolean;
  /** Whether the engine writes its own log too. */
  verbose?: boolean;
  /** Interrupts the deployment, as Control-C does. */
  signal?: AbortSignal;
}

const project = "provider-test";

/** With the provider of this checkout. */
export const projectFile = {
  name: project,
  runtime: { name: "nodejs", options: { typescript: false } },
  plugins: { providers: [{ name: "mailhost", path: join(checkoutFolder, "provider") }] },
};

/** A stack of an inline program that uses this checkout's provider, with a backend of its own. */
export class ProviderStack implements AsyncDisposable {
  readonly folder: string;
  readonly #stack: Stack;
  readonly #service: ProviderService | undefined;

  private constructor(folder: string, stack: Stack, service: ProviderService | undefined) {
    this.folder = folder;
    this.#stack = stack;
    this.#service = service;
  }

  static async create({ program, name, folder, isServed }: ProviderStackOptions): Promise<ProviderStack> {
    const place = folder ?? makeTemporaryFolder("stack");
    const options = await automationOptions({
      home: join(place, "home"),
      backendFolder: join(place, "state"),
      passphrase: "test",
    });
    const service = isServed ? startProviderService({ environment: options.envVars, standIns: [] }) : undefined;
    const envVars = (await service?.environment) ?? options.envVars;
    writeFileSync(join(place, "Pulumi.yaml"), JSON.stringify(projectFile));
    const stack = await LocalWorkspace.createOrSelectStack(
      { stackName: name ?? "test", projectName: project, program },
      { ...options, envVars, workDir: place },
    );
    return new ProviderStack(place, upAlone(stack), service);
  }

  up({ expectNoChanges = false, verbose = false, signal }: UpOptions = {}): Promise<Run> {
    const loud = verbose ? { logToStdErr: true, logVerbosity: 8, logFlow: true } : {};
    return observe((watch) => this.#stack.up({ expectNoChanges, ...loud, ...(signal && { signal }), ...watch }));
  }

  preview(): Promise<Run> {
    return observe((watch) => this.#stack.preview(watch));
  }

  destroy(): Promise<Run> {
    return observe((watch) => this.#stack.destroy(watch));
  }

  /** As `pulumi cancel`. */
  cancel(): Promise<void> {
    return this.#stack.cancel();
  }

  /** Processes of the engine that work on this stack now, and of the providers that it has started: id to command line. */
  processes(): Map<number, string> {
    const home = `PULUMI_HOME=${join(this.folder, "home")}\0`;
    const read = (pid: string, file: string) => readFileSync(`/proc/${pid}/${file}`, "utf8");
    return new Map(
      readdirSync("/proc").flatMap((pid) => {
        try {
          const isOurs = /^\d+$/.test(pid) && read(pid, "environ").includes(home);
          return isOurs ? [[Number(pid), read(pid, "cmdline").replaceAll("\0", " ").trim()] as const] : [];
        } catch {
          // It has ended meanwhile.
          return [];
        }
      }),
    );
  }

  /** Sets `mailhost:KEY` in the stack's configuration to a mapping, as a stack file has it. */
  async setConfig(key: string, values: Record<string, string>): Promise<void> {
    for (const [name, value] of Object.entries(values)) {
      await this.#stack.setConfig(`mailhost:${key}.${name}`, { value }, true);
    }
  }

  /** Runs `work` with a variable in the environment of engine and provider. */
  async withVariable<T>(name: string, value: string, work: () => Promise<T>): Promise<T> {
    const { envVars } = this.#stack.workspace;
    envVars[name] = value;
    try {
      return await work();
    } finally {
      delete envVars[name];
    }
  }

  /** Forgets the stack, whatever is on the host. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#service?.[Symbol.dispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

interface Watch {
  onEvent(event: EngineEvent): void;
  onOutput(text: string): void;
  onError(text: string): void;
}

async function observe(operation: (watch: Watch) => Promise<unknown>): Promise<Run> {
  const output: string[] = [];
  const steps: Record<string, Step> = {};
  await operation({
    onOutput: (text) => output.push(text),
    onError: (text) => output.push(text),
    onEvent: (event) => {
      output.push(JSON.stringify(event));
      const metadata = event.resourcePreEvent?.metadata ?? event.resOutputsEvent?.metadata;
      if (metadata === undefined || ["same", "refresh", "read"].includes(metadata.op)) return;
      if (metadata.type.startsWith("pulumi:")) return;
      steps[metadata.urn.slice(metadata.urn.lastIndexOf("::") + 2)] = {
        op: metadata.op,
        paths: Object.keys(metadata.detailedDiff ?? {}).sort(),
        before: metadata.old,
        after: metadata.new,
      };
    },
  });
  const isOfSdk = (text: string) => /RegisterResource RPC (prepared|finished)/.test(text);
  return { steps, output: output.filter((text) => !isOfSdk(text)).join("\n") };
}

/** The text of the error that an operation fails with. */
export async function failure(operation: Promise<unknown>): Promise<string> {
  const outcome = await operation.then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  if (outcome === undefined) throw new Error("the operation was expected to fail");
  return outcome;
}

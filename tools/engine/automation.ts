import { type LocalWorkspaceOptions, PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import type { EngineEnvironment, EngineFolders } from "./environment.ts";
import { prepareEngine } from "./prepareEngine.ts";

/**
 * What `LocalWorkspace.createOrSelectStack` needs to use this repository's engine, to be spread into its options.
 *
 * Apart from the other modules of this folder because it loads the whole SDK.
 */
export async function automationOptions(
  folders: EngineFolders = {},
): Promise<
  Required<Pick<LocalWorkspaceOptions, "pulumiCommand" | "secretsProvider">> & { envVars: EngineEnvironment }
> {
  const { engine, environment } = await prepareEngine(folders);
  return {
    pulumiCommand: await PulumiCommand.get({ root: engine.root }),
    envVars: environment,
    secretsProvider: "passphrase",
  };
}

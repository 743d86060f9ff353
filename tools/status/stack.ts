import type { PerService } from "../../components/listeners.ts";
import { type ConnectionEnvironment, resolveTarget, type Target } from "../../provider/connection/target.ts";
import type { PreparedEngine } from "../engine/prepareEngine.ts";
import { runPulumi } from "../engine/runPulumi.ts";
import { Failure } from "../failure.ts";

/** What the state tells of a deployed mail host. */
export interface Deployed {
  hostname: string;
  /** Null where the certificate was given. */
  certificateAuthority: string | null;
  /** Null where somebody else renews the certificate, on the host. */
  certificateFingerprint: string | null;
  endpoints: Partial<PerService<{ port: number }>>;
}

export async function readOutputs(engine: PreparedEngine, stack: string): Promise<Deployed> {
  const outputs = JSON.parse(await runPulumi(engine, ["stack", "output", "--json", "--stack", stack]));
  if (outputs.hostname === undefined) {
    throw new Failure(`nothing has been deployed to the stack ${stack} yet: npm run pulumi -- up --stack ${stack}`);
  }
  return outputs;
}

/** The connection that a deployment would use. */
export async function readTarget(engine: PreparedEngine, stack: string): Promise<Target> {
  const configuration = JSON.parse(await runPulumi(engine, ["config", "--json", "--stack", stack]));
  const target: unknown = configuration["mailhost:target"]?.value;
  const secret = "mailhost:targetPrivateKey";
  const targetPrivateKey =
    configuration[secret] === undefined
      ? undefined
      : (await runPulumi(engine, ["config", "get", secret, "--stack", stack])).trimEnd();
  const environment: ConnectionEnvironment = {
    target: process.env.MAILHOST_TARGET,
    // As the engine tells it to the provider.
    stackConfiguration: JSON.stringify({ target, targetPrivateKey }),
  };
  return resolveTarget({ configKey: "target" }, environment);
}

/** Names of the resources that are on the host otherwise than they were deployed. */
export async function driftedResources(engine: PreparedEngine, stack: string): Promise<string[]> {
  const args = ["refresh", "--preview-only", "--json", "--suppress-progress", "--stack", stack];
  const { steps = [] }: { steps?: { op: string; urn: string }[] } = JSON.parse(await runPulumi(engine, args));
  return steps.filter(({ op }) => op !== "refresh").map(({ urn }) => urn.slice(urn.lastIndexOf("::") + 2));
}

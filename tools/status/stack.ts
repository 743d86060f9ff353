import { isDeepStrictEqual } from "node:util";
import { type ConnectionEnvironment, resolveTarget, type Target } from "../../provider/connection/target.ts";
import type { DnsRecord } from "../../shared/model/dnsRecord.ts";
import type { ReleaseName } from "../../shared/releases/release.ts";
import type { AcceptanceSubject, PerService, ServiceListener } from "../../shared/services.ts";
import type { PreparedEngine } from "../engine/prepareEngine.ts";
import { PulumiFailure, type RunPulumiOptions, runPulumi } from "../engine/runPulumi.ts";
import { withProviders } from "../engine/withProviders.ts";
import { Failure } from "../failure.ts";

/** What the state tells of a deployed mail host. */
export interface Deployed {
  hostname: string;
  /** Null where the certificate was given without its authority. */
  certificateAuthority: string | null;
  /** Null where another program renews the certificate, on the host. */
  certificateFingerprint: string | null;
  endpoints: Partial<PerService<ServiceListener>>;
  /** Undefined where an earlier version deployed it. */
  dnsRecords?: DnsRecord[];
}

export async function readOutputs(engine: PreparedEngine, stack: string): Promise<Deployed> {
  const outputs = JSON.parse(await runPulumi(engine, ["stack", "output", "--json", "--stack", stack]));
  if (outputs.hostname === undefined) {
    throw new Failure(`nothing has been deployed to the stack ${stack} yet: npm run pulumi -- up --stack ${stack}`);
  }
  return outputs;
}

/** The host that a deployment would change, and the release that it is said to run. */
export interface ConfiguredHost {
  target: Target;
  release: ReleaseName;
}

export async function readHost(engine: PreparedEngine, stack: string): Promise<ConfiguredHost> {
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
  const release: ReleaseName = configuration["mailhost:release"]?.value ?? "debian13";
  return { target: resolveTarget({ configKey: "target" }, environment), release };
}

/**
 * What to visit: the addresses that the daemons listen on, or that of the target, as after a deployment. The host's name may
 * not be in the DNS yet.
 */
export function subjectAt(target: Target, deployed: Deployed): AcceptanceSubject {
  const { endpoints, certificateAuthority, certificateFingerprint, hostname } = deployed;
  const address = visitedAddress(target, deployed);
  const located = Object.entries(endpoints).map(([name, endpoint]) => [name, { address, ...endpoint }]);
  return {
    hostname,
    certificateAuthority: certificateAuthority ?? undefined,
    certificateFingerprint: certificateFingerprint ?? undefined,
    endpoints: Object.fromEntries(located),
  };
}

/** Where clients are to find the host: behind a jump host, the address of the target is none of theirs. */
function visitedAddress(target: Target, { hostname, dnsRecords = [] }: Deployed): string | undefined {
  if (target.connection === "local") return undefined;
  if (target.proxyJump === undefined) return target.address;
  const known = dnsRecords.find(({ name, type }) => name === hostname && (type === "A" || type === "AAAA"));
  return known?.value ?? hostname;
}

/** The last entry of a stack's history, such as an `update` that `failed`. */
export interface Operation {
  kind: string;
  result: string;
}

/** Undefined where the history is not there, as after an import of the state. */
export async function lastOperation(engine: PreparedEngine, stack: string): Promise<Operation | undefined> {
  const args = ["stack", "history", "--json", "--page-size", "1", "--stack", stack];
  const [last]: Operation[] = JSON.parse(await runPulumi(engine, args));
  return last;
}

/**
 * Names of the resources that are on the host otherwise than they were deployed.
 *
 * @throws Failure with what the engine and the provider complain of
 */
export async function driftedResources(
  engine: PreparedEngine,
  stack: string,
  options?: RunPulumiOptions,
): Promise<string[]> {
  const args = ["refresh", "--preview-only", "--json", "--suppress-progress", "--stack", stack];
  try {
    return parseDrift(
      await withProviders(engine, (environment) => runPulumi({ ...engine, environment }, args, options)),
    );
  } catch (error) {
    throw error instanceof PulumiFailure ? new Failure(errorsOf(error.stdout) || error.message) : error;
  }
}

/** What the engine tells of a resource before and after a refresh. */
interface ResourceState {
  outputs?: Readonly<Record<string, unknown>>;
}

/** Reads what the engine tells of a refresh. */
export function parseDrift(json: string): string[] {
  const { steps = [] }: { steps?: { op: string; urn: string; oldState?: ResourceState; newState?: ResourceState }[] } =
    JSON.parse(json);
  return steps
    .filter(({ op }) => op !== "refresh")
    .filter(({ op, oldState, newState }) => op !== "update" || !isRenewal(oldState, newState))
    .map(({ urn }) => urn.slice(urn.lastIndexOf("::") + 2));
}

/** Whether nothing but a certificate has changed that is renewed on the host: it is no drift. */
function isRenewal(before: ResourceState = {}, after: ResourceState = {}): boolean {
  return isDeepStrictEqual(withoutRenewed(before), withoutRenewed(after));
}

/** Without what tells of a certificate that is no file of ours. */
function withoutRenewed({ outputs = {} }: ResourceState): object {
  const { certificateChain: _, fingerprints, ...others } = outputs;
  const ours = Object.entries(Object(fingerprints)).filter(([file]) => Object(others.attributes)[file] !== undefined);
  return { ...others, fingerprints: Object.fromEntries(ours) };
}

/**
 * The errors among its diagnostics, each once and without the engine's "error: Preview failed: "; nothing where it is none of
 * that JSON.
 */
export function errorsOf(json: string): string {
  try {
    const { diagnostics = [] }: { diagnostics?: { severity: string; message: string }[] } = JSON.parse(json);
    const errors = diagnostics
      .filter(({ severity }) => severity === "error")
      .map(({ message }) => message.trim().replace(/^error: (?:preview failed(?:: |$))?/i, ""));
    return [...new Set(errors)].filter((message) => message !== "").join("\n");
  } catch {
    return "";
  }
}

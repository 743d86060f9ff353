import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { z } from "zod";
import type { ReleaseName } from "../../shared/releases/release.ts";
import { releaseNames } from "../../shared/releases/releases.ts";
import { type CheckFailure, OperationError } from "../protocol/resource.ts";
import { isRecord, type Properties } from "../protocol/values.ts";

/** How to reach the host, all defaults filled in. */
export type Target = SshTarget | LocalTarget;

/** An sshd, and how to log in there. */
export interface SshServer {
  address: string;
  port: number;
  user: string;
  hostKeys: readonly string[];
  privateKeyFile?: string | undefined;
  privateKey?: string | undefined;
}

/** Another machine. */
export interface SshTarget extends SshServer {
  connection: "ssh";
  /** The jump host that the connection goes through. */
  proxyJump?: SshServer | undefined;
}

/** This machine. */
export interface LocalTarget {
  connection: "local";
}

const sshArguments = {
  address: z.string().min(1).describe("Name or address of the host; required with ssh."),
  port: z.int().min(1).max(65535).describe("TCP port of the host's sshd; 22 if absent."),
  user: z.string().min(1).describe("Who logs in, root if absent; anyone else works through `sudo -n`."),
  hostKey: z
    .union([z.string(), z.array(z.string()).min(1)])
    .describe("The host's public key or keys, such as `ssh-ed25519 AAAA...`; required with ssh."),
  privateKeyFile: z.string().describe("File with the private key on the operator's machine."),
  privateKey: z.string().describe("The private key itself."),
};

const jumpHost = z.strictObject({
  address: z.string().min(1).describe("Name or address of the jump host."),
  port: sshArguments.port.default(22).describe("TCP port of its sshd; 22 if absent."),
  user: z.string().min(1).describe("The user that logs in there."),
  hostKey: sshArguments.hostKey.describe("The jump host's public key or keys."),
  privateKeyFile: z.string().optional().describe("File with the private key for it; the key for the host if absent."),
});

/** The arguments of a connection, as the program or the stack configuration gives them: names and types. */
export const targetArguments = z.strictObject({
  connection: z
    .enum(["ssh", "local"])
    .default("ssh")
    .describe("How the host is reached: `ssh`, or `local` where it is the machine that deploys."),
  ...z.strictObject(sshArguments).partial().shape,
  proxyJump: jumpHost.optional().describe("The jump host that the connection goes through."),
});

const sshOnly = z.never({ error: 'is used with connection "ssh" only, but the connection is "local"' }).optional();

/** The same arguments: which of them go together. */
const targets = {
  ssh: z.strictObject({
    ...sshArguments,
    connection: z.literal("ssh").default("ssh"),
    port: sshArguments.port.default(22),
    user: sshArguments.user.default("root"),
    privateKeyFile: sshArguments.privateKeyFile.optional(),
    privateKey: sshArguments.privateKey.optional(),
    proxyJump: jumpHost.optional(),
  }),
  local: z.strictObject({
    connection: z.literal("local"),
    address: sshOnly,
    port: sshOnly,
    user: sshOnly,
    hostKey: sshOnly,
    privateKeyFile: sshOnly,
    privateKey: sshOnly,
    proxyJump: sshOnly,
  }),
};

/** What decides about the connection beside the arguments of the provider. */
export interface ConnectionEnvironment {
  /** `MAILHOST_TARGET`: the target as JSON; it wins over everything else. */
  target?: string | undefined;
  /** JSON of the stack's configuration in this package's namespace, as the engine tells it to every provider. */
  stackConfiguration?: string | undefined;
}

/**
 * Decides which connection to dial. With `configKey` the current configuration wins over `args`, because a refresh
 * gives the provider the arguments stored in the state: a rotated host key or a new address could not be previewed.
 *
 * @throws OperationError when what is configured makes no target
 */
export function resolveTarget(args: Properties, environment: ConnectionEnvironment): Target {
  const { release: _, configKey, ...own } = args;
  const configured = typeof configKey === "string" ? currentTarget(configKey, environment) : undefined;
  const source = configured === undefined ? "the provider's arguments" : configured.source;
  const parsed = parseTarget(configured?.target ?? own);
  if (!parsed.success) {
    const reasons = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "target"}: ${message}`);
    throw new OperationError(`the connection in ${source} cannot be used:\n  ${reasons.join("\n  ")}`);
  }
  if (parsed.data.connection === "local") return { connection: "local" };
  const { proxyJump, ...target } = parsed.data;
  return { ...withHostKeys(target), proxyJump: proxyJump && withHostKeys(proxyJump) };
}

function withHostKeys<Server extends { hostKey: string | string[] }>({ hostKey, ...rest }: Server) {
  return { ...rest, hostKeys: typeof hostKey === "string" ? [hostKey] : hostKey };
}

/** The release that the host must run: with `configKey` that of the current configuration, as {@link resolveTarget} has it. */
export function resolveRelease({ release, configKey }: Properties, environment: ConnectionEnvironment): ReleaseName {
  const configured = configKey === undefined ? undefined : stackConfiguration(environment)?.release;
  return releaseNames.find((name) => name === configured) ?? (release as ReleaseName);
}

/** Mistakes in the arguments of a provider that {@link targetArguments} does not see. */
export function checkTarget({ release: _, configKey: __, ...target }: Properties): CheckFailure[] {
  const { error } = parseTarget(target);
  return (error?.issues ?? []).map(({ path, message }) => ({ property: path.join("."), reason: message }));
}

function parseTarget(target: unknown) {
  const isLocal = isRecord(target) && target.connection === "local";
  return (isLocal ? targets.local : targets.ssh).safeParse(target);
}

function currentTarget(configKey: string, environment: ConnectionEnvironment) {
  if (environment.target !== undefined) {
    return { source: "MAILHOST_TARGET", target: parseJson(environment.target, "MAILHOST_TARGET") };
  }
  const configuration = stackConfiguration(environment);
  const text = configuration?.[configKey];
  if (typeof text !== "string") return undefined;
  const target = parseJson(text, `mailhost:${configKey}`);
  const privateKey = configuration?.[`${configKey}PrivateKey`];
  return {
    source: `mailhost:${configKey}`,
    target: isRecord(target) && typeof privateKey === "string" ? { ...target, privateKey } : target,
  };
}

/** PULUMI_CONFIG is not documented by Pulumi: without it, or without a key in it, the arguments decide. */
function stackConfiguration({ stackConfiguration: text }: ConnectionEnvironment): Properties | undefined {
  const configuration = text === undefined ? undefined : safeJson(text);
  return isRecord(configuration) ? configuration : undefined;
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseJson(text: string, source: string): unknown {
  const value = safeJson(text);
  // The text itself may hold a private key.
  if (value === undefined) throw new OperationError(`${source} is not JSON`);
  return value;
}

/**
 * The private key to log in with, if it is not the agent's.
 *
 * @param setting The configuration key of its file, for messages
 */
export function readPrivateKey({ privateKeyFile, privateKey }: SshServer, setting: string): string | undefined {
  if (privateKeyFile === undefined) return privateKey;
  const path = privateKeyFile.replace(/^~(?=\/)/, homedir());
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OperationError(`${setting} cannot be read: ${reason}`);
  }
}

import { isAbsolute, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Passwords, type ValidMailHostArgs } from "../components/index.ts";
import { InvalidInputError, type Problem, problem } from "../components/settings/problem.ts";
import { isRecord } from "../components/settings/shape.ts";
import { didYouMean } from "../components/settings/spelling.ts";
import { parseTarget } from "../components/settings/target.ts";
import { validateMailHost } from "../components/validation/validateMailHost.ts";
import type { TargetArgs } from "../resources/index.ts";
import { formatPath } from "../shared/propertyPath.ts";
import { readDomains } from "./domains.ts";
import { type ConfigurationKey, configurationKeys } from "./keys.ts";
import { readPasswordFile } from "./passwordFile.ts";
import { readText } from "./textFile.ts";

/*
 * The only reader of the stack configuration.
 *
 * Secrets are read as plain values, which pulumi.Config does not do without a warning, so that they are checked
 * together with all the rest; they leave this file as secrets.
 */

const namespace = "mailhost";

/** Keys whose value is one word. */
const words = ["hostname", "platform", "release", "inetProtocols"] as const satisfies readonly ConfigurationKey[];
/** Keys that must be encrypted. */
const secrets = [
  "passwords",
  "passwordKey",
  "targetPrivateKey",
  "tlsPrivateKey",
  "acmeEnvironment",
  "dkimPrivateKeys",
] as const satisfies readonly ConfigurationKey[];

/** Linux takes 128 KiB in one environment string, in which the engine hands over the whole configuration. */
const mostBytes = 100 * 1024;

/**
 * The stack configuration as arguments of the mail host. Throws all its mistakes at once.
 *
 * @param folder The directory of Pulumi.yaml, which paths in the configuration are relative to
 */
export function loadMailHostArgs(folder = projectFolder()): ValidMailHostArgs {
  requireSmallConfiguration();
  const target = loadTarget();
  const domains = readDomains(structure("domains"), folder);
  const passwords = loadPasswords(folder);
  const tls = loadTls();
  const dkim = loadDkim();
  const { valid, problems } = validateMailHost(
    {
      ...Object.fromEntries(words.map((key) => [key, value(key)])),
      postfix: structure("postfix"),
      dovecot: structure("dovecot"),
      mail: structure("mail"),
      domains: domains.domains,
      publicFolders: structure("publicFolders"),
      logging: structure("logging"),
      packages: structure("packages"),
      dns: structure("dns"),
      tls: tls.value,
      dkim: dkim.value,
      acceptanceCheck: structure("acceptanceCheck"),
    },
    // Who is in a file that cannot be read is not known.
    domains.problems.length === 0 ? passwords.addresses : undefined,
    new Date(),
    domains.problems.length === 0,
  );
  const all = [
    ...validateKeys(),
    ...target.problems,
    ...domains.problems,
    ...[...domains.sieveProblems, ...problems, ...passwords.value.problems]
      // That there are none is no mistake of its own where files could not be read.
      .filter(({ propertyPath }) => propertyPath !== "domains" || domains.problems.length === 0)
      .map((problem) => inTermsOfConfiguration(problem, domains.files, passwords.inFile)),
    ...tls.problems,
    ...dkim.problems,
    ...passwords.problems,
    ...validatePasswordKeyUse(),
  ];
  if (all.length > 0 || valid === undefined || target.value === undefined) {
    throw new InvalidInputError(all);
  }
  return {
    valid,
    target: target.value,
    targetConfigKey: "target" satisfies ConfigurationKey,
    passwords: passwords.value,
  };
}

/**
 * The directory of Pulumi.yaml. The language host of 3.259 does not tell it, and the SDK answers with a placeholder; the
 * program runs in the directory of `main`, which is the same here.
 */
function projectFolder(): string {
  const told = pulumi.getRootDirectory();
  return isAbsolute(told) ? told : process.cwd();
}

function value(key: ConfigurationKey): string | undefined {
  return pulumi.runtime.getConfig(`${namespace}:${key}`);
}

/** A value that is no text, or the text itself where it is one. */
function structure(key: ConfigurationKey): unknown {
  const json = value(key);
  if (json === undefined) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}

function requireSmallConfiguration(): void {
  const bytes = Buffer.byteLength(JSON.stringify(pulumi.runtime.allConfig()));
  if (bytes <= mostBytes) return;
  throw new InvalidInputError([
    problem(
      [],
      `the stack configuration has ${Math.ceil(bytes / 1024)} KB, more than ${mostBytes / 1024} KB, which is near what Linux can hand to a program; put the domains into files (mailhost:domains: ["mail/domains/*.yaml"]) and the passwords into a file (mailhost:passwordFile)`,
    ),
  ]);
}

/** Keys that would not be read. */
function validateKeys(): Problem[] {
  return Object.keys(pulumi.runtime.allConfig())
    .filter((key) => key.startsWith(`${namespace}:`))
    .map((key) => key.slice(namespace.length + 1))
    .filter((key) => !configurationKeys.some((name) => name === key))
    .map((key) =>
      problem(
        [key],
        `is no known key${didYouMean(key, configurationKeys)} (known here: ${configurationKeys.join(", ")})`,
      ),
    );
}

/** How to reach the host, together with the key to log in with, which is a secret of its own. */
function loadTarget(): { value: TargetArgs | undefined; problems: readonly Problem[] } {
  const { value: target, readable, problems } = parseTarget(structure("target") ?? {});
  const privateKey = value("targetPrivateKey");
  if (privateKey === undefined) return { value: target, problems };
  const reason =
    'is used with target.connection "ssh" only, but the connection is "local": pulumi config rm mailhost:targetPrivateKey';
  const ofKey =
    readable?.connection === "local" ? [problem(["targetPrivateKey"], reason)] : requireSecret("targetPrivateKey");
  return {
    value: target?.connection === "ssh" ? { ...target, privateKey: pulumi.secret(privateKey) } : undefined,
    problems: [...problems, ...ofKey],
  };
}

/** What was found of passwords in one place. */
interface LoadedPasswords {
  /** All that have one here; undefined where that cannot be told. */
  readonly addresses: readonly string[] | undefined;
  /** Address to hash, as far as they could be read. */
  readonly hashes: Readonly<Record<string, string>>;
  readonly problems: readonly Problem[];
}

/** The hashes of the secret mailhost:passwords and those of the file that mailhost:passwordFile names, together. */
function loadPasswords(folder: string) {
  const inline = loadInlinePasswords();
  const file = loadPasswordFile(folder);
  const places = [inline, file].filter((place) => place !== undefined);
  const value = new Passwords({ ...inline?.hashes, ...file?.hashes });
  const inFile = file?.addresses ?? [];
  const twice = inFile.filter((address) => Object.hasOwn(inline?.hashes ?? {}, address));
  const isKnown = places.length > 0 && places.every(({ addresses }) => addresses !== undefined);
  const help = `${passwordsAllowed}; or give mailhost:passwordFile the path of a file`;
  return {
    value,
    addresses: isKnown ? places.flatMap(({ addresses = [] }) => addresses) : undefined,
    /** Paths of `passwords` that stand in the file. */
    inFile: new Set(inFile.map((address) => formatPath(["passwords", address]))),
    problems: [
      ...(places.length === 0 ? [problem(["passwords"], `must be ${help}, but is missing`)] : []),
      ...places.flatMap(({ problems }) => problems),
      ...twice.map((address) =>
        problem(["passwordFile", address], "is in mailhost:passwords too; take it out of one of the two"),
      ),
    ],
  };
}

const passwordsAllowed = "a JSON object of address to {SCHEME}hash, set by: npm run password -- ADDRESS";

function loadInlinePasswords(): LoadedPasswords | undefined {
  const given = structure("passwords");
  if (given === undefined) return undefined;
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return { addresses: undefined, hashes: {}, problems: [problem(["passwords"], `must be ${passwordsAllowed}`)] };
  }
  return { addresses: Object.keys(given), hashes: { ...given }, problems: requireSecret("passwords") };
}

function loadPasswordFile(folder: string): LoadedPasswords | undefined {
  const path = value("passwordFile");
  if (path === undefined) return undefined;
  const { text, mistake } = readText(resolve(folder, path));
  if (mistake !== undefined) {
    return { addresses: undefined, hashes: {}, problems: [problem(["passwordFile"], mistake)] };
  }
  const { unencrypted, ...read } = readPasswordFile(text, value("passwordKey"));
  if (unencrypted.length > 0) {
    pulumi.log.warn(
      `${path} holds password hashes in clear, of ${unencrypted.join(", ")}: set these passwords by "npm run password", or keep the file from everybody else`,
    );
  }
  return read;
}

function validatePasswordKeyUse(): Problem[] {
  if (value("passwordKey") === undefined || value("passwordFile") !== undefined) return requireSecret("passwordKey");
  const reason = "is used with mailhost:passwordFile only, which is not set: pulumi config rm mailhost:passwordKey";
  return [problem(["passwordKey"], reason)];
}

/** The settings of TLS together with the key and the credentials for ACME, which are secrets of their own. */
function loadTls(): { value: unknown; problems: readonly Problem[] } {
  const given = structure("tls") ?? {};
  if (typeof given !== "object" || Array.isArray(given)) return { value: given, problems: [] };
  const { privateKey, environment, ...rest } = { privateKey: undefined, environment: undefined, ...given };
  const misplaced = (value: unknown, key: string, what: string) =>
    value === undefined ? [] : [problem(["tls", key], `is no known key; ${what}`)];
  const secret = { privateKey: value("tlsPrivateKey"), environment: structure("acmeEnvironment") };
  return {
    value: { ...rest, ...Object.fromEntries(Object.entries(secret).filter(([, value]) => value !== undefined)) },
    problems: [
      ...misplaced(privateKey, "privateKey", "the key is the secret mailhost:tlsPrivateKey"),
      ...misplaced(environment, "environment", "the variables are the secret mailhost:acmeEnvironment"),
      ...requireSecret("tlsPrivateKey"),
      ...requireSecret("acmeEnvironment"),
    ],
  };
}

/** The settings of DKIM together with the keys, which are a secret of its own. */
function loadDkim(): { value: unknown; problems: readonly Problem[] } {
  const whole = structure("dkim");
  const { privateKeys: misplaced, ...rest } = isRecord(whole) ? { privateKeys: undefined, ...whole } : {};
  const given = isRecord(whole) ? rest : whole;
  const keys = structure("dkimPrivateKeys");
  return {
    value: isRecord(given) && isRecord(keys) ? { ...given, privateKeys: keys } : given,
    problems: [
      ...(misplaced === undefined
        ? []
        : [problem(["dkim", "privateKeys"], "is no known key; the keys are the secret mailhost:dkimPrivateKeys")]),
      ...validateDkimPrivateKeys(given, keys),
    ],
  };
}

function validateDkimPrivateKeys(dkim: unknown, keys: unknown): Problem[] {
  if (keys === undefined) return [];
  const reasons = [
    ...(dkim === undefined
      ? ["is used with mailhost:dkim only, which is not set: pulumi config rm mailhost:dkimPrivateKeys"]
      : []),
    ...(isRecord(keys)
      ? []
      : ['must be a JSON object of key to its text in PEM form, such as {"s1": "-----BEGIN ..."}']),
  ];
  return [...reasons.map((reason) => problem(["dkimPrivateKeys"], reason)), ...requireSecret("dkimPrivateKeys")];
}

/** A secret that stands in clear in Pulumi.<stack>.yaml has been read by too many already. */
function requireSecret(key: (typeof secrets)[number]): Problem[] {
  const name = `${namespace}:${key}`;
  if (value(key) === undefined || isEncrypted(name)) return [];
  return [
    problem([key], `must be encrypted: take it out of the file and set it by "pulumi config set --secret ${name}"`),
  ];
}

/** The engine names the encrypted keys in the environment; the SDK has no public function for it. */
function isEncrypted(name: string): boolean {
  const encrypted: unknown = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "null");
  return Array.isArray(encrypted) ? encrypted.includes(name) : true;
}

const tlsEnvironment = formatPath(["tls", "environment"]);
const dkimPrivateKeys = formatPath(["dkim", "privateKeys"]);

/** The same problem with the key and the file that it is about. */
function inTermsOfConfiguration(
  found: Problem,
  files: ReadonlyMap<string, string>,
  inPasswordFile: ReadonlySet<string>,
): Problem {
  if (found.propertyPath === formatPath(["tls", "privateKey"])) return { ...found, propertyPath: "tlsPrivateKey" };
  if (found.propertyPath.startsWith(tlsEnvironment)) {
    return { ...found, propertyPath: found.propertyPath.replace(tlsEnvironment, "acmeEnvironment") };
  }
  if (found.propertyPath.startsWith(dkimPrivateKeys)) {
    return { ...found, propertyPath: found.propertyPath.replace(dkimPrivateKeys, "dkimPrivateKeys") };
  }
  if (found.propertyPath === "domains") {
    return { ...found, reason: `${found.reason}; or give a list of files, such as [mail/domains/*.yaml]` };
  }
  if (inPasswordFile.has(found.propertyPath)) {
    return { ...found, propertyPath: found.propertyPath.replace(/^passwords/, "passwordFile") };
  }
  for (const [domain, file] of files) {
    const prefix = formatPath(["domains", domain]);
    const rest = found.propertyPath.slice(prefix.length);
    if (found.propertyPath.startsWith(prefix) && /^(?:$|[.[])/.test(rest)) {
      return { ...found, reason: `${found.reason} (in ${file})` };
    }
  }
  return found;
}

import * as pulumi from "@pulumi/pulumi";
import { mailRoot } from "../../shared/accounts.ts";
import { dnsProviders } from "../../shared/daemons/lego/dnsProviders.ts";
import { certificateFile as bundleFile } from "../../shared/paths.ts";
import {
  dnsProviderAllowed,
  hostFile,
  hostFileAllowed,
  mailAddress,
  mailAddressAllowed,
  variable,
  variableAllowed,
} from "../settings/names.ts";
import { type Problem, problem } from "../settings/problem.ts";
import type { Settings } from "../settings/schema.ts";
import { isRecord, show } from "../settings/shape.ts";
import { didYouMean } from "../settings/spelling.ts";
import { validateCertificate } from "./validateCertificate.ts";

type Tls = Settings["tls"];

/** The properties that one source needs and the others have not. */
const propertiesOfSource = {
  "self-signed": [],
  pem: ["certificateChain", "privateKey"],
  files: ["certificateFile", "privateKeyFile"],
  acme: ["email"],
} as const satisfies Record<Tls["source"], readonly (keyof Tls)[]>;

/** Those that a source may have, and the others have not. */
const optionsOfSource = {
  acme: ["directory", "challenge", "directoryCertificateAuthority", "environment"],
} as const satisfies Partial<Record<Tls["source"], readonly (keyof Tls)[]>>;

/** Whether the properties of `tls` fit its source, and, as far as they are plain texts, each other. */
export function validateTls(tls: Tls, hostname: string | undefined, now: Date): Problem[] {
  return [
    ...validateSource(tls),
    ...validateGiven(tls, hostname, now),
    ...validateFiles(tls),
    ...(tls.source === "acme" ? [...validateEmail(tls), ...validateChallenge(tls)] : []),
  ];
}

function validateSource(tls: Tls): Problem[] {
  const { source } = tls;
  const needed: readonly (keyof Tls)[] = propertiesOfSource[source];
  const missing = needed
    .filter((key) => tls[key] === undefined)
    .map((key) => problem(["tls", key], `is missing, and tls.source "${source}" needs it`));
  const foreign = [...Object.entries(propertiesOfSource), ...Object.entries(optionsOfSource)].flatMap(
    ([other, keys]) =>
      other === source
        ? []
        : keys
            .filter((key) => tls[key] !== undefined)
            .map((key) =>
              problem(["tls", key], `is used with tls.source "${other}" only, but the source is "${source}"`),
            ),
  );
  return [...missing, ...foreign];
}

function validateEmail({ email }: Tls): Problem[] {
  if (email === undefined || mailAddress.test(email)) return [];
  return [problem(["tls", "email"], `must be ${mailAddressAllowed}, but is ${show(email)}`)];
}

/** Whether the DNS provider is one, and is given its credentials, as far as they are plain texts, and nothing else is. */
function validateChallenge({ challenge = "http", environment }: Tls): Problem[] {
  const path = ["tls", "environment"];
  if (challenge === "http") {
    if (environment === undefined) return [];
    return [problem(path, "is used with tls.challenge { dns: ... } only, but the challenge is http")];
  }
  const { dns } = challenge;
  if (!dnsProviders.includes(dns)) {
    const reason = `must be ${dnsProviderAllowed}, but is ${show(dns)}${didYouMean(dns, dnsProviders)}`;
    return [problem(["tls", "challenge", "dns"], reason)];
  }
  if (environment !== undefined && !isRecord(environment)) {
    return [
      problem(path, 'must be a mapping of environment variable to its value, such as {"HETZNER_API_KEY": "..."}'),
    ];
  }
  const variables = Object.entries(environment ?? {});
  if (variables.length > 0) return variables.flatMap(([name, value]) => validateVariable([...path, name], name, value));
  return [problem(path, `is missing: credentials of ${dns}, see https://go-acme.github.io/lego/dns/${dns}/`)];
}

function validateVariable(path: readonly string[], name: string, value: pulumi.Input<string>): Problem[] {
  if (!variable.test(name)) return [problem(path, `the name must be ${variableAllowed}`)];
  if (value instanceof Promise || pulumi.Output.isInstance(value)) return [];
  const isText = typeof value === "string" && value !== "" && !value.includes("\0");
  return isText ? [] : [problem(path, "must be a text")];
}

function validateGiven(tls: Tls, hostname: string | undefined, now: Date): Problem[] {
  const { source, certificateChain, privateKey } = tls;
  if (source !== "pem" || typeof certificateChain !== "string" || typeof privateKey !== "string") return [];
  const names = hostname === undefined ? tls.names : [hostname, ...tls.names];
  return validateCertificate({ certificateChain, privateKey, names, now });
}

/** Where files of others must not lie: what we remove there, and what is not there for the daemons. */
const forbiddenPlaces = [
  [bundleFile, "which mailhost writes and removes itself"],
  [`${mailRoot}/`, "where mail is"],
  ["/var/lib/mailhost/", "which mailhost writes and removes itself"],
  ["/tmp/", "of which each daemon has one of its own"],
  ["/var/tmp/", "of which each daemon has one of its own"],
] as const;

function validateFiles(tls: Tls): Problem[] {
  if (tls.source !== "files") return [];
  const misplaced = propertiesOfSource.files.flatMap((key) => {
    const file = tls[key];
    return file === undefined ? [] : validateFile(file).map((reason) => problem(["tls", key], reason));
  });
  const { certificateFile, privateKeyFile } = tls;
  if (certificateFile === undefined || certificateFile !== privateKeyFile) return misplaced;
  return [...misplaced, problem(["tls", "privateKeyFile"], "must be another file than tls.certificateFile")];
}

function validateFile(file: string): string[] {
  if (!hostFile.test(file)) return [`must be ${hostFileAllowed}, but is ${show(file)}`];
  return forbiddenPlaces
    .filter(([place]) => file.startsWith(place))
    .map(([place, why]) => `must lie elsewhere than ${place}, ${why}`);
}

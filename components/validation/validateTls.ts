import { mailRoot } from "../../shared/accounts.ts";
import { certificateFile as bundleFile } from "../../shared/paths.ts";
import { hostFile, hostFileAllowed } from "../settings/names.ts";
import { type Problem, problem } from "../settings/problem.ts";
import type { Settings } from "../settings/schema.ts";
import { show } from "../settings/shape.ts";
import { validateCertificate } from "./validateCertificate.ts";

type Tls = Settings["tls"];

/** The properties that one source has and the others have not. */
const propertiesOfSource = {
  "self-signed": [],
  pem: ["certificateChain", "privateKey"],
  files: ["certificateFile", "privateKeyFile"],
} as const satisfies Record<Tls["source"], readonly (keyof Tls)[]>;

/** Whether the properties of `tls` fit its source, and, as far as they are plain texts, each other. */
export function validateTls(tls: Tls, hostname: string | undefined, now: Date): Problem[] {
  return [...validateSource(tls), ...validateGiven(tls, hostname, now), ...validateFiles(tls)];
}

function validateSource(tls: Tls): Problem[] {
  const { source } = tls;
  return Object.entries(propertiesOfSource).flatMap(([other, keys]) =>
    keys.flatMap((key) => {
      if (other === source) {
        return tls[key] === undefined ? [problem(["tls", key], `is missing, and tls.source "${source}" needs it`)] : [];
      }
      if (tls[key] === undefined) return [];
      return [problem(["tls", key], `is used with tls.source "${other}" only, but the source is "${source}"`)];
    }),
  );
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

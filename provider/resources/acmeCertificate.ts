import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { findKeyPairMistakes } from "../../shared/certificates/certificateChain.ts";
import { certificateFacts } from "../../shared/certificates/certificateFacts.ts";
import { isRenewalDue } from "../../shared/certificates/renewal.ts";
import { acmeFailure, acmeProgram } from "../../shared/daemons/lego/acmeFiles.ts";
import { acmeCertificateFile } from "../../shared/paths.ts";
import { lines, sh } from "../connection/shell.ts";
import { ATTRIBUTES_PATTERN, observePaths, removeFiles, writeFile } from "../machine/files.ts";
import type { Host } from "../machine/host.ts";
import { OperationError } from "../protocol/resource.ts";
import { holdersOf } from "../transaction/listeners.ts";
import { absolutePath } from "./absolutePath.ts";
import { hostResource, keysAsMap, refuse } from "./hostResource.ts";
import { readKeyPair } from "./keyPairFiles.ts";

type Texts = Record<string, string>;

/** What a certificate is that will do. */
const GOOD = "good";

interface Inputs {
  directory: string;
  names: string[];
  httpChallenge: boolean;
  files: Texts;
  attributes: Texts;
  secretFiles: Texts;
  certificate: typeof GOOD;
}

interface Outputs {
  certificateChain: string;
}

/** The certificate that is there may be another one, and there may be none. */
type Seen = Omit<Inputs, "certificate" | "httpChallenge"> &
  Partial<Pick<Inputs, "httpChallenge">> &
  Outputs & { certificate: string };

/** There is one per host. */
const ID = "acme-certificate";

/** The authority visits no other. */
const HTTP_PORT = 80;

const texts = z.record(absolutePath, z.string());

/** See resources/acmeCertificate.ts. */
export const acmeCertificate = hostResource<Inputs, Outputs, Seen>({
  token: "mailhost:host:AcmeCertificate",
  description: "A certificate that the host obtains of an authority by ACME, and renews.",
  inputs: z.strictObject({
    directory: z.string().describe("URL of the authority's directory."),
    names: z.array(z.string()).describe("Names that the certificate covers."),
    httpChallenge: z.boolean().describe("Whether the authority visits the names on port 80."),
    files: texts.describe("Absolute path to the whole text of a file."),
    attributes: z
      .record(
        absolutePath,
        z.string().regex(ATTRIBUTES_PATTERN, 'must be "owner:group mode", such as "root:root 0644"'),
      )
      .describe("Path of every file to `owner:group mode`."),
    secretFiles: texts.describe("Absolute path to the whole text of a secret file."),
    certificate: z
      .literal(GOOD)
      .default(GOOD)
      .describe("What is wrong with the certificate that is there. A deployment obtains another one."),
  }),
  outputs: z.strictObject({
    certificateChain: z.string().describe("The certificate, and those above it."),
  }),
  secrets: ["secretFiles"],
  id: () => ID,

  async observe({ host }, _id, known) {
    const [seen, found] = await Promise.all([observePaths(host, Object.keys(known.attributes ?? {})), look(host)]);
    const contents = (wanted: Texts = {}) =>
      Object.fromEntries(
        Object.keys(wanted).flatMap((file) => {
          const content = seen.get(file)?.content;
          return content === undefined ? [] : [[file, content]];
        }),
      );
    return {
      present: seen.size > 0 || found.certificateChain !== "",
      state: {
        ...found,
        // In the order that they are wanted in, which means nothing.
        names: isSameSet(found.names, known.names ?? []) ? (known.names ?? []) : found.names,
        ...(known.httpChallenge === undefined ? {} : { httpChallenge: known.httpChallenge }),
        files: contents(known.files),
        attributes: Object.fromEntries([...seen].map(([file, { attributes }]) => [file, attributes])),
        secretFiles: contents(known.secretFiles),
      },
    };
  },

  async preflight({ host }, wanted, { state }) {
    if (wanted.httpChallenge !== true || willDo(wanted, state)) return;
    const holders = await holdersOf(host, HTTP_PORT);
    refuse(
      holders.map(
        (holder) =>
          `mailhost:tls.challenge: the authority has to be answered on port ${HTTP_PORT} by the host itself, but ${holder} of the host: stop and disable it, or use a challenge by DNS`,
      ),
    );
  },

  async foresee({ host }, wanted, { state }) {
    if (willDo(wanted, state)) return [];
    const failure = (await host.ask(sh`cat ${acmeFailure} 2>/dev/null || true`)).trim();
    return failure === "" ? [] : [`the last attempt to obtain a certificate failed: ${failure}`];
  },

  async converge({ host, log, remembered }, wanted, { state }) {
    const { directory, names, httpChallenge, files, attributes, secretFiles } = wanted;
    const [content, present] = [
      { ...files, ...secretFiles },
      { ...state.files, ...state.secretFiles },
    ];
    const changed = Object.keys(attributes).filter(
      (file) => content[file] !== present[file] || attributes[file] !== state.attributes[file],
    );
    const removed = Object.keys(Object(remembered.attributes)).filter((file) => attributes[file] === undefined);
    if (changed.length + removed.length > 0) {
      await host.change(
        lines([
          ...changed.map(
            (file) => sh`
mkdir -p "$(dirname ${file})"
${writeFile(file, content[file] ?? "", attributes[file] ?? "root:root 0600")}`,
          ),
          removeFiles(removed),
          sh`services_reread`,
        ]),
      );
    }
    if (!willDo(wanted, state)) {
      log("progress", `asking ${directory} for a certificate of ${names.join(", ")}`);
      try {
        await host.change(sh`${acmeProgram} issue`);
      } catch (error) {
        if (!(error instanceof OperationError && isValidYet(wanted, state))) throw error;
        log("warning", `the certificate that is there stays in use: ${error.message}`);
      }
    }
    return {
      directory,
      names,
      httpChallenge,
      attributes,
      files: keysAsMap(files),
      secretFiles: keysAsMap(secretFiles),
    };
  },

  async remove({ host }, { attributes }) {
    await host.change(lines([removeFiles(Object.keys(attributes)), sh`services_reread`]));
  },
});

/** Whether the certificate that is there needs no other. */
function willDo(wanted: Partial<Inputs>, seen: Seen): boolean {
  return seen.certificate === GOOD && isAsWanted(wanted, seen);
}

/** Whether the certificate that is there can be used for some time yet, although its renewal is due. */
function isValidYet(wanted: Inputs, seen: Seen): boolean {
  return seen.certificate.startsWith(DUE) && isAsWanted(wanted, seen);
}

function isAsWanted({ directory, names }: Partial<Inputs>, seen: Seen): boolean {
  return directory === seen.directory && isDeepStrictEqual(names, seen.names);
}

const DUE = "renewal is due";

/** The key pair that is there, and which directory it is of. */
async function look(host: Host): Promise<Pick<Seen, "certificate" | "certificateChain" | "directory" | "names">> {
  const [{ certificateChain = "", publicKey }, firstLine] = await Promise.all([
    readKeyPair(host, acmeCertificateFile, acmeCertificateFile),
    host.ask(sh`head -n 1 ${acmeCertificateFile} 2>/dev/null || true`),
  ]);
  if (certificateChain === "") return { certificate: "none", certificateChain, directory: "", names: [] };
  const now = new Date();
  const [mistake] = findKeyPairMistakes({ certificateChain, publicKey, names: [], now });
  const directory = /^Issued by (.*)$/m.exec(firstLine)?.[1] ?? "";
  if (mistake !== undefined) return { certificate: mistake.reason, certificateChain, directory, names: [] };
  const { names, expires } = certificateFacts(certificateChain, now);
  const certificate = isRenewalDue(certificateChain, now) ? `${DUE}: it ends on ${expires}` : GOOD;
  return { certificate, certificateChain, directory, names: [...names] };
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return isDeepStrictEqual(a.toSorted(), b.toSorted());
}

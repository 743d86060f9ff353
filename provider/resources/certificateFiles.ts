import { z } from "zod";
import { findKeyPairMistakes } from "../../shared/certificates/certificateChain.ts";
import type { Host } from "../machine/host.ts";
import { absolutePath } from "./absolutePath.ts";
import { hostResource, refuse } from "./hostResource.ts";
import { readKeyPair } from "./keyPairFiles.ts";

interface Inputs {
  certificateFile: string;
  privateKeyFile: string;
  names: string[];
  usable: true;
}

interface Outputs {
  certificateChain: string;
}

/** What a look at the host can find. */
type Seen = Partial<Omit<Inputs, "usable"> & { usable: boolean } & Outputs>;

/** There is one per host. */
const ID = "certificate-files";

/** See resources/certificateFiles.ts. */
export const certificateFiles = hostResource<Inputs, Outputs, Seen>({
  token: "mailhost:host:CertificateFiles",
  description: "A certificate and its private key in files that another program keeps on the host.",
  inputs: z.strictObject({
    certificateFile: absolutePath.describe("File with the certificate of the host and those above it, in PEM form."),
    privateKeyFile: absolutePath.describe("File with its private key in PEM form, which never leaves the host."),
    names: z.array(z.string()).describe("Names that the certificate must cover."),
    usable: z
      .literal(true)
      .default(true)
      .describe("Whether daemons can use them and clients accept them. Nothing makes it so: a preview fails instead."),
  }),
  outputs: z.strictObject({
    certificateChain: z.string().describe("The certificates in the certificate file."),
  }),
  id: () => ID,

  async observe({ host }, _id, { certificateFile, privateKeyFile, names = [] }) {
    if (certificateFile === undefined || privateKeyFile === undefined) return { present: false, state: {} };
    const files = { certificateFile, privateKeyFile, names };
    const { certificateChain, mistakes } = await look(host, files);
    return {
      present: certificateChain !== undefined,
      state: { ...files, usable: mistakes.length === 0, certificateChain: certificateChain ?? "" },
    };
  },

  async preflight({ host }, { names = [] }, { state: { certificateFile, privateKeyFile, usable } }) {
    if (usable !== false || certificateFile === undefined || privateKeyFile === undefined) return;
    refuse((await look(host, { certificateFile, privateKeyFile, names })).mistakes);
  },

  async converge(_change, { certificateFile, privateKeyFile, names }) {
    return { certificateFile, privateKeyFile, names };
  },

  async remove() {
    // They are not ours.
  },
});

interface Look {
  /** Undefined where there is no such file. */
  certificateChain: string | undefined;
  /** Each with the configuration key and the file that it is about. */
  mistakes: string[];
}

async function look(host: Host, { certificateFile, privateKeyFile, names }: Omit<Inputs, "usable">): Promise<Look> {
  const { certificateChain, hasPrivateKey, publicKey } = await readKeyPair(host, certificateFile, privateKeyFile);
  if (certificateChain === undefined || !hasPrivateKey) {
    return {
      certificateChain,
      mistakes: [
        ...(certificateChain === undefined ? [absent("certificateFile", certificateFile)] : []),
        ...(hasPrivateKey ? [] : [absent("privateKeyFile", privateKeyFile)]),
      ],
    };
  }
  const mistakes = findKeyPairMistakes({ certificateChain, publicKey, names, now: new Date() });
  return {
    certificateChain,
    mistakes: mistakes.map(({ of, reason }) =>
      of === "privateKey"
        ? `mailhost:tls.privateKeyFile: ${privateKeyFile} on the host: ${reason}`
        : `mailhost:tls.certificateFile: ${certificateFile} on the host: ${reason}`,
    ),
  };
}

function absent(key: string, file: string): string {
  return `mailhost:tls.${key}: there is no file ${file} on the host; the program that renews the certificate has to put it there first`;
}

import { createPublicKey, type KeyObject } from "node:crypto";
import { z } from "zod";
import { findKeyPairMistakes, readCertificate } from "../../shared/certificates/certificateChain.ts";
import { Script, sh } from "../connection/shell.ts";
import type { Host } from "../machine/host.ts";
import { COMMON_SHELL } from "../transaction/shell.ts";
import { absolutePath } from "./absolutePath.ts";
import { hostResource, refuse } from "./hostResource.ts";

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

/** Reads the certificates, and of the private key, on the host, the public half. */
async function look(host: Host, files: Omit<Inputs, "usable">): Promise<Look> {
  const { certificateFile, privateKeyFile, names } = files;
  const answer = await host.ask(sh`
${new Script(COMMON_SHELL)}
if [ -f ${certificateFile} ]; then
  certificates <${certificateFile} | base64 -w0
  echo
else
  echo absent
fi
if [ ! -f ${privateKeyFile} ]; then
  echo absent
elif ! command -v openssl >/dev/null; then
  echo unknown
else
  openssl pkey -in ${privateKeyFile} -passin pass: -pubout 2>/dev/null | base64 -w0
fi`);
  const [chain = "", key = ""] = answer.split("\n");
  if (chain === "absent" || key === "absent") {
    return {
      certificateChain: chain === "absent" ? undefined : decode(chain),
      mistakes: [
        ...(chain === "absent" ? [absent("certificateFile", certificateFile)] : []),
        ...(key === "absent" ? [absent("privateKeyFile", privateKeyFile)] : []),
      ],
    };
  }
  const certificateChain = decode(chain);
  // openssl(1) comes with Dovecot: before that is installed, a preview cannot look at the key.
  const publicKey = key === "unknown" ? readCertificate(certificateChain)?.publicKey : readPublicKey(decode(key));
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

function decode(base64: string): string {
  return Buffer.from(base64, "base64").toString();
}

function readPublicKey(pem: string): KeyObject | undefined {
  try {
    return createPublicKey(pem);
  } catch {
    return undefined;
  }
}

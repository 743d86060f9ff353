import { createPublicKey, type KeyObject } from "node:crypto";
import { readCertificate } from "../../shared/certificates/certificateChain.ts";
import { Script, sh } from "../connection/shell.ts";
import type { Host } from "../machine/host.ts";
import { COMMON_SHELL } from "../transaction/shell.ts";

/** What may leave the host of a certificate and its private key in files. */
export interface KeyPairFiles {
  /** Undefined where there is no such file. */
  certificateChain: string | undefined;
  hasPrivateKey: boolean;
  /** The public half of the private key, worked out on the host; undefined where it cannot be read. */
  publicKey: KeyObject | undefined;
}

/** Reads the certificates, and of the private key, on the host, the public half. Both may be in one file. */
export async function readKeyPair(host: Host, certificateFile: string, privateKeyFile: string): Promise<KeyPairFiles> {
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
  const certificateChain = chain === "absent" ? undefined : decode(chain);
  return {
    certificateChain,
    hasPrivateKey: key !== "absent",
    // openssl(1) comes with Dovecot: before that is installed, a preview cannot look at the key.
    publicKey: key === "unknown" ? readCertificate(certificateChain ?? "")?.publicKey : readPublicKey(decode(key)),
  };
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

import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { findKeyPairMistakes } from "../../shared/certificates/certificateChain.ts";
import { type Problem, problem } from "../settings/problem.ts";

/** A key and certificate that the operator gives. */
export interface GivenKeyPair {
  readonly certificateChain: string;
  readonly privateKey: string;
  /** Names under which clients reach the host. */
  readonly names: readonly string[];
  /** The time to measure the certificates against. */
  readonly now: Date;
}

/** Whether clients would accept the certificate and the daemons could use it. No text here holds any part of the key. */
export function validateCertificate({ privateKey, ...given }: GivenKeyPair): Problem[] {
  const key = readPrivateKey(privateKey);
  const publicKey = key === undefined ? undefined : createPublicKey(key);
  return findKeyPairMistakes({ ...given, publicKey }).map(({ of, reason }) => problem(["tls", of], reason));
}

/** A private key in PEM form, or undefined where it cannot be read. Why not is not told: it might quote the key. */
function readPrivateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

import { createPublicKey } from "node:crypto";
import { findKeyPairMistakes } from "../../shared/certificates/certificateChain.ts";
import { type Problem, problem } from "../settings/problem.ts";
import { readPrivateKey } from "../tls/pem.ts";

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

import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import type { DkimAlgorithm } from "./dkimKey.ts";

/** Both lie at the end of what PKCS #8 and SubjectPublicKeyInfo make of them (RFC 8410, 4 and 7). */
const ed25519Bytes = 32;

/**
 * A private key as rspamd reads it. One of Ed25519 is the base64 of its seed: rspamd does not use it in PEM form, and does not
 * say so.
 *
 * @param pem The key in PEM form
 */
export function dkimKeyText(pem: string, algorithm: DkimAlgorithm): string {
  const key = createPrivateKey(pem);
  if (algorithm === "rsa") return String(key.export({ type: "pkcs8", format: "pem" }));
  return key.export({ type: "pkcs8", format: "der" }).subarray(-ed25519Bytes).toString("base64");
}

/** The text of the DNS record with its public half (RFC 6376, 3.6.1 and RFC 8463, 4). Not a secret. */
export function dkimRecordText(pem: string, algorithm: DkimAlgorithm): string {
  const der = createPublicKey(createPrivateKey(pem)).export({ type: "spki", format: "der" });
  const key = algorithm === "rsa" ? der : der.subarray(-ed25519Bytes);
  return `v=DKIM1; k=${algorithm}; p=${key.toString("base64")}`;
}

/** What is wrong with a private key that is to sign; undefined: nothing. The text holds no part of the key. */
export function findDkimKeyMistake(pem: string, algorithm: DkimAlgorithm): string | undefined {
  const key = readKey(pem);
  if (key === undefined) return "is no private key in PEM form, or it is encrypted";
  const type = key.asymmetricKeyType;
  if (type !== algorithm) return `must be a key of ${algorithm}, but is one of ${type}`;
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (algorithm === "rsa" && (bits < 2048 || bits > 4096)) {
    return `must have 2048 to 4096 bits, but has ${bits}: other servers do not trust a shorter one, and not all read a longer one (RFC 8301, 3.2)`;
  }
  return undefined;
}

function readKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

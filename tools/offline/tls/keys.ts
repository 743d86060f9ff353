import { createPrivateKey, createPublicKey, type KeyObject, webcrypto } from "node:crypto";
import { OperationError } from "../../../provider/protocol/resource.ts";

/** Curves by the names of the tls provider. The hash is the one that fits the curve's size, as other tools choose it. */
export const curves = {
  P256: { webName: "P-256", nodeName: "prime256v1", hash: "SHA-256" },
  P384: { webName: "P-384", nodeName: "secp384r1", hash: "SHA-384" },
  P521: { webName: "P-521", nodeName: "secp521r1", hash: "SHA-512" },
} as const;

export type Curve = keyof typeof curves;

/** A key pair in the forms that its users want, with how it signs. */
export interface SigningKey {
  algorithm: "RSA" | "ECDSA";
  privateKey: KeyObject;
  publicKey: KeyObject;
  /** The same keys for the certificate library. */
  keys: webcrypto.CryptoKeyPair;
  signingAlgorithm: { name: string; hash: string };
}

/**
 * Reads a private key.
 *
 * @param property the input that it comes from, for the error: a key itself is never shown
 */
export async function readSigningKey(pem: string, property: string): Promise<SigningKey> {
  const privateKey = parse(pem, property);
  const publicKey = createPublicKey(privateKey);
  const { algorithm, parameters, signingAlgorithm } = signatureOf(privateKey, property);
  const der = { format: "der" } as const;
  const [webPrivateKey, webPublicKey] = await Promise.all([
    webcrypto.subtle.importKey("pkcs8", privateKey.export({ ...der, type: "pkcs8" }), parameters, true, ["sign"]),
    webcrypto.subtle.importKey("spki", publicKey.export({ ...der, type: "spki" }), parameters, true, ["verify"]),
  ]);
  const keys = { privateKey: webPrivateKey, publicKey: webPublicKey };
  return { algorithm, privateKey, publicKey, keys, signingAlgorithm };
}

function parse(pem: string, property: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new OperationError(`${property} is no private key in PEM form`);
  }
}

function signatureOf(key: KeyObject, property: string) {
  if (key.asymmetricKeyType === "rsa") {
    const parameters = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    return { algorithm: "RSA" as const, parameters, signingAlgorithm: parameters };
  }
  const curve = curveOf(key);
  if (curve === undefined) {
    throw new OperationError(`${property} is a key of a kind that the stand-in does not know: RSA and ECDSA work`);
  }
  const { webName, hash } = curves[curve];
  return {
    algorithm: "ECDSA" as const,
    parameters: { name: "ECDSA", namedCurve: webName },
    signingAlgorithm: { name: "ECDSA", hash },
  };
}

/** The curve of an ECDSA key, nothing for a key of another kind or on a curve that is not among ours. */
export function curveOf(key: KeyObject): Curve | undefined {
  const names = Object.keys(curves) as Curve[];
  return names.find((name) => curves[name].nodeName === key.asymmetricKeyDetails?.namedCurve);
}

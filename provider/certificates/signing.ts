import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, webcrypto } from "node:crypto";
import { OperationError } from "../protocol/resource.ts";
import {
  AuthorityKeyIdentifierExtension,
  type Extension,
  Name,
  type PublicKey,
  X509CertificateGenerator,
} from "./x509.ts";

/*
 * Signs certificates by keys of the curve P-256. Loaded when one is made, which is rare: the certificate library takes longer to
 * load than all else.
 */

/** What all keys and signatures here are. */
export const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** Who a certificate is for, and who signs it. */
export interface Parties {
  subject: Name;
  publicKey: PublicKey;
  issuer: Name;
  issuerKey: webcrypto.CryptoKey;
  /** The hexadecimal key identifier of the issuer, where the certificate is to name it. */
  issuerKeyId?: string | undefined;
}

export interface Validity {
  notBefore: Date;
  notAfter: Date;
}

/** Signs a certificate, in PEM form. */
export async function signCertificate(
  { issuerKey, issuerKeyId, ...parties }: Parties,
  validity: Validity,
  extensions: readonly Extension[],
): Promise<string> {
  const certificate = await X509CertificateGenerator.create({
    ...parties,
    ...validity,
    serialNumber: serialNumber(),
    signingKey: issuerKey,
    signingAlgorithm: algorithm,
    extensions: [
      ...extensions,
      ...(issuerKeyId === undefined ? [] : [new AuthorityKeyIdentifierExtension(issuerKeyId)]),
    ],
  });
  return `${certificate.toString("pem")}\n`;
}

/** A subject with a common name alone. The library gives some characters of a plain string a meaning; this takes each as it is. */
export function commonName(name: string): Name {
  return new Name([{ CN: [{ utf8String: name }] }]);
}

/** 127 random bits: as unique as it gets, and positive in the certificate's encoding. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8(bytes.readUInt8(0) & 0x7f, 0);
  return bytes.toString("hex");
}

/**
 * A key pair for the certificate library.
 *
 * @param property the input that it comes from, for the error: a key itself is never shown
 */
export async function readKeys(pem: string, property: string): Promise<webcrypto.CryptoKeyPair> {
  const privateKey = parseKey(pem, property);
  if (privateKey.asymmetricKeyDetails?.namedCurve !== "prime256v1") {
    throw new OperationError(`${property} is a key of a kind that nothing here can sign with: ECDSA P256 works`);
  }
  const { subtle } = webcrypto;
  const pkcs8 = privateKey.export({ format: "der", type: "pkcs8" });
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return {
    privateKey: await subtle.importKey("pkcs8", pkcs8, algorithm, true, ["sign"]),
    publicKey: await subtle.importKey("spki", spki, algorithm, true, ["verify"]),
  };
}

function parseKey(pem: string, property: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new OperationError(`${property} is no private key in PEM form`);
  }
}

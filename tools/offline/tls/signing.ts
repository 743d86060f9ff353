import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, webcrypto } from "node:crypto";
import { OperationError } from "../../../provider/protocol/resource.ts";
import {
  type CertificateInputs,
  type CertificateOutputs,
  extendedKeyUsages,
  keyUsages,
  type SubjectInputs,
} from "./certificateInputs.ts";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "./x509.ts";

/*
 * Makes certificates and requests. Loaded when one is made, which is rare: the certificate library takes longer to load than
 * the rest of the stand-in.
 */

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

interface KeyInput {
  privateKeyPem: string;
}

interface AuthorityInputs {
  certRequestPem: string;
  caCertPem: string;
  caPrivateKeyPem: string;
}

export async function signRequest(given: SubjectInputs & KeyInput) {
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: distinguishedName(given),
    keys: await readKeys(given.privateKeyPem, "privateKeyPem"),
    signingAlgorithm: algorithm,
    extensions: alternativeNames(given),
  });
  return { certRequestPem: `${request.toString("pem")}\n`, keyAlgorithm: algorithm.name };
}

export async function signItself(given: CertificateInputs & SubjectInputs & KeyInput) {
  const keys = await readKeys(given.privateKeyPem, "privateKeyPem");
  const name = distinguishedName(given);
  const certificate = await signCertificate(given, {
    subject: name,
    alternativeNames: alternativeNames(given),
    publicKey: await PublicKey.create(keys.publicKey),
    issuer: name,
    issuerKey: keys.privateKey,
  });
  return { ...certificate, keyAlgorithm: algorithm.name };
}

export async function signByAuthority(given: CertificateInputs & AuthorityInputs) {
  const request = readPem(given.certRequestPem, "certRequestPem is no certificate request", Pkcs10CertificateRequest);
  const authority = readPem(given.caCertPem, "caCertPem is no certificate", X509Certificate);
  const keys = await readKeys(given.caPrivateKeyPem, "caPrivateKeyPem");
  const publicKey = await webcrypto.subtle.exportKey("spki", keys.publicKey);
  if (!Buffer.from(authority.publicKey.rawData).equals(Buffer.from(publicKey))) {
    throw new OperationError("caPrivateKeyPem is not the key of caCertPem");
  }
  const certificate = await signCertificate(given, {
    subject: request.subjectName,
    alternativeNames: request.extensions.filter((extension) => extension instanceof SubjectAlternativeNameExtension),
    publicKey: request.publicKey,
    issuer: authority.subjectName,
    issuerKey: keys.privateKey,
    issuerKeyId: authority.getExtension(SubjectKeyIdentifierExtension)?.keyId,
  });
  return { ...certificate, caKeyAlgorithm: algorithm.name };
}

/** What a certificate has beside its inputs. */
interface Parties {
  subject: Name;
  alternativeNames: readonly Extension[];
  publicKey: PublicKey;
  issuer: Name;
  issuerKey: webcrypto.CryptoKey;
  /** The hexadecimal key identifier of the issuer, where the certificate is to name it. */
  issuerKeyId?: string | undefined;
}

/** Signs a certificate that is valid from now on. */
async function signCertificate(inputs: CertificateInputs, parties: Parties): Promise<CertificateOutputs> {
  const { subject, alternativeNames, publicKey, issuer, issuerKey, issuerKeyId } = parties;
  // Certificates know whole seconds.
  const notBefore = new Date(Math.floor(Date.now() / 1000) * 1000);
  const notAfter = new Date(notBefore.getTime() + inputs.validityPeriodHours * 3_600_000);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject,
    issuer,
    notBefore,
    notAfter,
    publicKey,
    signingKey: issuerKey,
    signingAlgorithm: algorithm,
    extensions: [
      ...usageExtensions(inputs.allowedUses),
      new BasicConstraintsExtension(inputs.isCaCertificate, undefined, true),
      ...(inputs.isCaCertificate || inputs.setSubjectKeyId
        ? [await SubjectKeyIdentifierExtension.create(publicKey)]
        : []),
      ...(issuerKeyId === undefined ? [] : [new AuthorityKeyIdentifierExtension(issuerKeyId)]),
      ...alternativeNames,
    ],
  });
  return {
    certPem: `${certificate.toString("pem")}\n`,
    readyForRenewal: false,
    validityStartTime: rfc3339(notBefore),
    validityEndTime: rfc3339(notAfter),
  };
}

/** 127 random bits: as unique as it gets, and positive in the certificate's encoding. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8(bytes.readUInt8(0) & 0x7f, 0);
  return bytes.toString("hex");
}

function rfc3339(time: Date): string {
  return time.toISOString().replace(".000Z", "Z");
}

const keyUsageFlags: Record<(typeof keyUsages)[number], KeyUsageFlags> = {
  digital_signature: KeyUsageFlags.digitalSignature,
  key_encipherment: KeyUsageFlags.keyEncipherment,
  cert_signing: KeyUsageFlags.keyCertSign,
  crl_signing: KeyUsageFlags.cRLSign,
};

const extendedKeyUsageIds: Record<(typeof extendedKeyUsages)[number], string> = {
  server_auth: ExtendedKeyUsage.serverAuth,
};

/** A kind of usage of which none is named puts no limit. */
function usageExtensions(allowed: CertificateInputs["allowedUses"]): Extension[] {
  const flags = keyUsages.filter((name) => allowed.includes(name)).map((name) => keyUsageFlags[name]);
  const ids = extendedKeyUsages.filter((name) => allowed.includes(name)).map((name) => extendedKeyUsageIds[name]);
  const all = flags.reduce((sum, flag) => sum | flag, 0);
  return [
    ...(flags.length === 0 ? [] : [new KeyUsagesExtension(all, true)]),
    ...(ids.length === 0 ? [] : [new ExtendedKeyUsageExtension(ids)]),
  ];
}

/** The library gives some characters of a plain string a meaning; this takes each as it is. */
function distinguishedName({ subject: { commonName } }: SubjectInputs): Name {
  return new Name([{ CN: [{ utf8String: commonName }] }]);
}

function alternativeNames({ dnsNames = [] }: SubjectInputs): SubjectAlternativeNameExtension[] {
  const names = dnsNames.map((value) => ({ type: "dns" as const, value }));
  return names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)];
}

/**
 * A key pair for the certificate library.
 *
 * @param property the input that it comes from, for the error: a key itself is never shown
 */
async function readKeys(pem: string, property: string): Promise<webcrypto.CryptoKeyPair> {
  const privateKey = parseKey(pem, property);
  if (privateKey.asymmetricKeyDetails?.namedCurve !== "prime256v1") {
    throw new OperationError(`${property} is a key of a kind that the stand-in cannot sign with: ECDSA P256 works`);
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

function readPem<Parsed>(pem: string, complaint: string, Type: new (pem: string) => Parsed): Parsed {
  try {
    return new Type(pem);
  } catch {
    throw new OperationError(`${complaint} in PEM form`);
  }
}

import { webcrypto } from "node:crypto";
import {
  algorithm,
  commonName,
  type Parties,
  readKeys,
  signCertificate,
} from "../../../provider/certificates/signing.ts";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
} from "../../../provider/certificates/x509.ts";
import { OperationError } from "../../../provider/protocol/resource.ts";
import {
  type CertificateInputs,
  type CertificateOutputs,
  extendedKeyUsages,
  keyUsages,
  type SubjectInputs,
} from "./certificateInputs.ts";

/*
 * Makes certificates and requests. Loaded when one is made, which is rare: the certificate library takes longer to load than
 * the rest of the stand-in.
 */

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
    name: commonName(given.subject.commonName),
    keys: await readKeys(given.privateKeyPem, "privateKeyPem"),
    signingAlgorithm: algorithm,
    extensions: alternativeNames(given),
  });
  return { certRequestPem: `${request.toString("pem")}\n`, keyAlgorithm: algorithm.name };
}

export async function signItself(given: CertificateInputs & SubjectInputs & KeyInput) {
  const keys = await readKeys(given.privateKeyPem, "privateKeyPem");
  const name = commonName(given.subject.commonName);
  const parties = {
    subject: name,
    publicKey: await PublicKey.create(keys.publicKey),
    issuer: name,
    issuerKey: keys.privateKey,
  };
  const certificate = await signFromNow(given, parties, alternativeNames(given));
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
  const parties = {
    subject: request.subjectName,
    publicKey: request.publicKey,
    issuer: authority.subjectName,
    issuerKey: keys.privateKey,
    issuerKeyId: authority.getExtension(SubjectKeyIdentifierExtension)?.keyId,
  };
  const names = request.extensions.filter((extension) => extension instanceof SubjectAlternativeNameExtension);
  const certificate = await signFromNow(given, parties, names);
  return { ...certificate, caKeyAlgorithm: algorithm.name };
}

/** Signs a certificate that is valid from now on. */
async function signFromNow(
  inputs: CertificateInputs,
  parties: Parties,
  names: readonly Extension[],
): Promise<CertificateOutputs> {
  // Certificates know whole seconds.
  const notBefore = new Date(Math.floor(Date.now() / 1000) * 1000);
  const notAfter = new Date(notBefore.getTime() + inputs.validityPeriodHours * 3_600_000);
  const certPem = await signCertificate(parties, { notBefore, notAfter }, [
    ...usageExtensions(inputs.allowedUses),
    new BasicConstraintsExtension(inputs.isCaCertificate, undefined, true),
    ...(inputs.isCaCertificate || inputs.setSubjectKeyId
      ? [await SubjectKeyIdentifierExtension.create(parties.publicKey)]
      : []),
    ...names,
  ]);
  return {
    certPem,
    readyForRenewal: false,
    validityStartTime: rfc3339(notBefore),
    validityEndTime: rfc3339(notAfter),
  };
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

function alternativeNames({ dnsNames = [] }: SubjectInputs): SubjectAlternativeNameExtension[] {
  const names = dnsNames.map((value) => ({ type: "dns" as const, value }));
  return names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)];
}

function readPem<Parsed>(pem: string, complaint: string, Type: new (pem: string) => Parsed): Parsed {
  try {
    return new Type(pem);
  } catch {
    throw new OperationError(`${complaint} in PEM form`);
  }
}

import { generateKeyPairSync } from "node:crypto";
import { daysLeft, type KeptCertificate, type KeyPair } from "./keptCertificate.ts";
import { permitNames, permittedNames } from "./nameConstraints.ts";
import { commonName, readKeys, signCertificate } from "./signing.ts";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
} from "./x509.ts";

const DAY_MILLISECONDS = 24 * 3600 * 1000;

/** What browsers and phones accept at most of a server's certificate. */
const SERVER_DAYS = 398;

/** An authority in its last year gives way to the next, and an issuer ends with its authority. */
const ISSUER_RENEWAL_DAYS = 365;

/** Whether what is kept can sign a certificate for these names, so that clients need trust nothing new. */
export function canIssue({ issuer, authority }: KeptCertificate, names: readonly string[], now: Date): boolean {
  const permitted = permittedNames(new X509Certificate(issuer.certificate));
  return (
    names.every((name) => permitted.includes(name)) &&
    [issuer.certificate, authority].every((certificate) => daysLeft(certificate, now) >= ISSUER_RENEWAL_DAYS)
  );
}

/** A new key with a certificate for these names, whose first is its common name, for 398 days or until the end of the issuer. */
export async function issueServer(issuer: KeyPair, names: readonly string[], now: Date): Promise<KeyPair> {
  return issue(issuer, names[0] ?? "", { now, days: SERVER_DAYS }, [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
    new SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns" as const, value }))),
  ]);
}

/** A new key whose certificate, valid as long as the authority's, may sign certificates of servers of these names, and no others. */
export async function issueIssuer(authority: KeyPair, names: readonly string[], now: Date): Promise<KeyPair> {
  return issue(authority, `mailhost issuer of ${names[0]}`, { now, days: Number.POSITIVE_INFINITY }, [
    new BasicConstraintsExtension(true, 0, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
    permitNames(names),
  ]);
}

async function issue(
  signer: KeyPair,
  name: string,
  { now, days }: { now: Date; days: number },
  extensions: readonly Extension[],
): Promise<KeyPair> {
  const privateKey = newKey();
  const [subjectKeys, signerKeys] = await Promise.all([
    readKeys(privateKey, "the new key"),
    readKeys(signer.privateKey, "authorityKey"),
  ]);
  const publicKey = await PublicKey.create(subjectKeys.publicKey);
  const issuer = new X509Certificate(signer.certificate);
  const notBefore = new Date(Math.floor(now.getTime() / 1000) * 1000);
  const end = Math.min(notBefore.getTime() + days * DAY_MILLISECONDS, issuer.notAfter.getTime());
  const certificate = await signCertificate(
    {
      subject: commonName(name),
      publicKey,
      issuer: issuer.subjectName,
      issuerKey: signerKeys.privateKey,
      issuerKeyId: issuer.getExtension(SubjectKeyIdentifierExtension)?.keyId,
    },
    { notBefore, notAfter: new Date(end) },
    [...extensions, await SubjectKeyIdentifierExtension.create(publicKey)],
  );
  return { privateKey, certificate };
}

function newKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  return String(privateKey.export({ type: "pkcs8", format: "pem" }));
}

import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { findKeyPairMistakes, readCertificate } from "../../shared/certificates/certificateChain.ts";
import { certificateFacts } from "../../shared/certificates/certificateFacts.ts";

/** A private key and its certificate, in PEM form. */
export interface KeyPair {
  readonly privateKey: string;
  readonly certificate: string;
}

/** The certificate of a host, with all that is needed to renew it without the authority's own key. */
export interface KeptCertificate {
  readonly server: KeyPair;
  /** Signs the server's certificates, and may sign no others. */
  readonly issuer: KeyPair;
  /** The certificate that clients trust, in PEM form. */
  readonly authority: string;
}

/** Days before its end in which a certificate is renewed. */
const RENEWAL_DAYS = 30;

const block = /-----BEGIN ([A-Z ]+)-----[\s\S]*?-----END \1-----\n/g;

export function formatKept({ server, issuer, authority }: KeptCertificate): string {
  const blocks = [server.privateKey, server.certificate, issuer.privateKey, issuer.certificate, authority];
  return blocks.map((pem) => `${pem.trim()}\n`).join("");
}

/** Reads what {@link formatKept} makes; undefined where it is another text. */
export function parseKept(text: string): KeptCertificate | undefined {
  const [serverKey, server, issuerKey, issuer, authority, ...others] = text.match(block) ?? [];
  if (!(serverKey && server && issuerKey && issuer && authority) || others.length > 0) return undefined;
  return {
    server: { privateKey: serverKey, certificate: server },
    issuer: { privateKey: issuerKey, certificate: issuer },
    authority,
  };
}

/** What the daemons show: the certificate of the server, then the one that has signed it. */
export function shownChain({ server, issuer }: KeptCertificate): string {
  return server.certificate + issuer.certificate;
}

/** The host names that it covers. */
export function namesOf({ server }: KeptCertificate): string[] {
  const certificate = readCertificate(server.certificate);
  return certificate === undefined ? [] : certificateFacts(server.certificate, new Date()).names.slice();
}

/** Whether daemons can use it, clients that trust its authority accept it, and it need not be renewed yet. */
export function isUsable(kept: KeptCertificate, now: Date): boolean {
  const { server, issuer, authority } = kept;
  const mistakes = findKeyPairMistakes({
    certificateChain: shownChain(kept) + authority,
    publicKey: readPublicKey(server.privateKey),
    names: namesOf(kept),
    now,
  });
  return mistakes.length === 0 && daysLeft(server.certificate, now) >= RENEWAL_DAYS && isPair(issuer);
}

/** Whole days until the end of a certificate. */
export function daysLeft(certificate: string, now: Date): number {
  return certificateFacts(certificate, now).daysLeft;
}

function isPair({ privateKey, certificate }: KeyPair): boolean {
  const publicKey = readPublicKey(privateKey);
  return publicKey !== undefined && readCertificate(certificate)?.publicKey.equals(publicKey) === true;
}

function readPublicKey(privateKey: string): KeyObject | undefined {
  try {
    return createPublicKey(createPrivateKey(privateKey));
  } catch {
    return undefined;
  }
}

import { z } from "zod";
import {
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
} from "./x509.ts";

const keyUsages = {
  digital_signature: KeyUsageFlags.digitalSignature,
  content_commitment: KeyUsageFlags.nonRepudiation,
  key_encipherment: KeyUsageFlags.keyEncipherment,
  data_encipherment: KeyUsageFlags.dataEncipherment,
  key_agreement: KeyUsageFlags.keyAgreement,
  cert_signing: KeyUsageFlags.keyCertSign,
  crl_signing: KeyUsageFlags.cRLSign,
  encipher_only: KeyUsageFlags.encipherOnly,
  decipher_only: KeyUsageFlags.decipherOnly,
};

/** Those of the official names that a mail host could want. */
const extendedKeyUsages = {
  server_auth: ExtendedKeyUsage.serverAuth,
  client_auth: ExtendedKeyUsage.clientAuth,
  code_signing: ExtendedKeyUsage.codeSigning,
  email_protection: ExtendedKeyUsage.emailProtection,
  timestamping: ExtendedKeyUsage.timeStamping,
  ocsp_signing: ExtendedKeyUsage.ocspSigning,
};

const names = [...Object.keys(keyUsages), ...Object.keys(extendedKeyUsages)];

/** What a certificate's key may be used for, by the names of the tls provider. */
export const allowedUses = z.array(z.enum(names, { error: `must be one of ${names.join(", ")}` }));

/** The extensions that say so; a kind of usage of which none is named puts no limit. */
export function usageExtensions(uses: readonly string[]): Extension[] {
  const flags = Object.entries(keyUsages).filter(([name]) => uses.includes(name));
  const extended = Object.entries(extendedKeyUsages).filter(([name]) => uses.includes(name));
  return [
    ...(flags.length === 0
      ? []
      : [
          new KeyUsagesExtension(
            flags.reduce((sum, [, flag]) => sum | flag, 0),
            true,
          ),
        ]),
    ...(extended.length === 0 ? [] : [new ExtendedKeyUsageExtension(extended.map(([, oid]) => oid))]),
  ];
}

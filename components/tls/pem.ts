import { certificatesOf } from "../../shared/certificates/certificateChain.ts";

/**
 * The text of the one file that Postfix and Dovecot read: the key, then the certificate, then the chain.
 *
 * See https://www.postfix.org/postconf.5.html#smtpd_tls_chain_files
 */
export function bundle(privateKey: string, certificateChain: string): string {
  return [privateKey.trim(), ...certificatesOf(certificateChain)].map((block) => `${block}\n`).join("");
}

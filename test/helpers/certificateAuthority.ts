import { X509Certificate } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mustRun } from "../../tools/testhost/processes.ts";
import { makeTemporaryFolder } from "./temporaryFolder.ts";

/** A key and its certificate, PEM, and who vouches for it. */
export interface IssuedCertificate {
  readonly certificate: string;
  readonly privateKey: string;
  /** The certificate of the authority, PEM. */
  readonly authority: string;
  /** SHA-256, as `X509Certificate.fingerprint256`. */
  readonly fingerprint: string;
}

/** Makes an authority and returns how it issues certificates. */
export async function createCertificateAuthority(): Promise<(name: string) => Promise<IssuedCertificate>> {
  const authority = await createCertificate("/CN=Test authority", []);
  return async (name) => {
    const { certificate, privateKey } = await createCertificate(`/CN=${name}`, [name], authority);
    const { fingerprint256 } = new X509Certificate(certificate);
    return { certificate, privateKey, authority: authority.certificate, fingerprint: fingerprint256 };
  };
}

interface KeyPair {
  readonly certificate: string;
  readonly privateKey: string;
}

/** A new key with a certificate, which it signs itself where there is no issuer. */
async function createCertificate(subject: string, names: readonly string[], issuer?: KeyPair): Promise<KeyPair> {
  const folder = makeTemporaryFolder("certificate");
  const file = (name: string, text?: string): string => {
    const path = join(folder, name);
    if (text !== undefined) writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  try {
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", file("key.pem")];
    const extensions = names.flatMap((name) => ["-addext", `subjectAltName=DNS:${name}`]);
    const signer =
      issuer === undefined
        ? []
        : ["-CA", file("ca.pem", issuer.certificate), "-CAkey", file("ca-key.pem", issuer.privateKey)];
    const request = ["req", "-x509", ...key, "-subj", subject, ...extensions, ...signer, "-days", "30"];
    await mustRun(["openssl", ...request, "-out", file("certificate.pem")]);
    const read = (name: string): string => readFileSync(file(name), "utf8");
    return { certificate: read("certificate.pem"), privateKey: read("key.pem") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

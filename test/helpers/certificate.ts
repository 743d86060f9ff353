import { execFileSync } from "node:child_process";

/** A new key with a certificate that it has signed itself, PEM. */
export function selfSignedCertificate(commonName = "mail.domain.tld"): string {
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const place = ["-keyout", "-", "-out", "-", "-days", "100", "-subj", `/CN=${commonName}`];
  return execFileSync("openssl", ["req", "-x509", ...curve, ...place], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
}

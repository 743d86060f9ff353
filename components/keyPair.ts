import * as pulumi from "@pulumi/pulumi";
import { CertificateFiles } from "../host/index.ts";
import { bundle } from "./pem.ts";
import { TlsCertificate } from "./tlsCertificate.ts";
import { throwProblems } from "./validation/problem.ts";
import type { Settings } from "./validation/settings.ts";
import { validateCertificate } from "./validation/validateCertificate.ts";

/** Key and certificate of both daemons. */
export interface KeyPair {
  /** The certificate that clients are shown, and those above it, in PEM form. Never a secret. */
  readonly certificateChain: pulumi.Output<string>;
  /** The text of the one file that holds both, where we write it. A secret. */
  readonly bundle: pulumi.Output<string> | undefined;
  /** The certificate that clients are to trust, where it is not known to them already. */
  readonly certificateAuthority: pulumi.Output<string> | undefined;
  /** What somebody has to do to renew the certificate; undefined where an `up` does. */
  readonly renewal: string | undefined;
}

/**
 * The key and certificate that the settings ask for.
 *
 * @param name Prefix of the names of what is made for it
 * @param component Options of a component that makes them
 * @param onHost Options of a resource that looks for them on the host
 */
export function resolveKeyPair(
  name: string,
  { tls, hostname }: Pick<Settings, "tls" | "hostname">,
  component: pulumi.ComponentResourceOptions,
  onHost: pulumi.CustomResourceOptions,
): KeyPair {
  const names = [hostname, ...tls.names];
  const { source, certificateChain, privateKey, certificateFile, privateKeyFile } = tls;
  if (source === "pem" && certificateChain !== undefined && privateKey !== undefined) {
    return givenKeyPair(certificateChain, privateKey, names);
  }
  if (source === "files" && certificateFile !== undefined && privateKeyFile !== undefined) {
    const files = new CertificateFiles(`${name}-certificate-files`, { certificateFile, privateKeyFile, names }, onHost);
    return {
      certificateChain: files.certificateChain,
      bundle: undefined,
      certificateAuthority: undefined,
      renewal: `renew ${certificateFile} (mailhost:tls.certificateFile) and its key on the host`,
    };
  }
  const made = new TlsCertificate(`${name}-tls`, { hostname, names: tls.names }, component);
  return {
    certificateChain: made.certificate,
    bundle: pulumi.all([made.privateKey, made.certificate]).apply(([key, chain]) => bundle(key, chain)),
    certificateAuthority: made.certificateAuthority,
    renewal: undefined,
  };
}

function givenKeyPair(
  certificateChain: pulumi.Input<string>,
  privateKey: pulumi.Input<string>,
  names: readonly string[],
): KeyPair {
  const both = pulumi.all([certificateChain, pulumi.secret(privateKey)]);
  return {
    // A certificate is public, even where it was made together with its key and is a secret for that.
    certificateChain: pulumi.unsecret(pulumi.output(certificateChain)),
    bundle: both.apply(([chain, key]) => {
      throwProblems(validateCertificate({ certificateChain: chain, privateKey: key, names, now: new Date() }));
      return bundle(key, chain);
    }),
    certificateAuthority: undefined,
    renewal: "put a new one into mailhost:tls.certificateChain, and its key into the secret mailhost:tlsPrivateKey",
  };
}

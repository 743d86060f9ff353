import * as pulumi from "@pulumi/pulumi";
import { certificateFingerprint } from "../host/index.ts";
import { bundle } from "./pem.ts";
import { TlsCertificate } from "./tlsCertificate.ts";
import { throwProblems } from "./validation/problem.ts";
import type { Settings } from "./validation/settings.ts";
import { validateCertificate } from "./validation/validateCertificate.ts";

/** Key and certificate of both daemons. */
export interface KeyPair {
  /** The text of the one file that holds both. A secret. */
  readonly bundle: pulumi.Output<string>;
  /** What a preview may tell of the certificate. */
  readonly fingerprint: pulumi.Output<string>;
  /** The certificate that clients are to trust, where it is not known to them already. */
  readonly certificateAuthority: pulumi.Output<string> | undefined;
}

/**
 * The key and certificate that the settings ask for.
 *
 * @param name Name of the component that makes them, if they are to be made
 */
export function resolveKeyPair(
  name: string,
  tls: Settings["tls"],
  hostname: string,
  opts: pulumi.ComponentResourceOptions,
): KeyPair {
  const names = [hostname, ...tls.names];
  const { certificateChain, privateKey } = tls;
  if (tls.source === "pem" && certificateChain !== undefined && privateKey !== undefined) {
    return givenKeyPair(certificateChain, privateKey, names);
  }
  const made = new TlsCertificate(name, { hostname, names: tls.names }, opts);
  return {
    bundle: pulumi.all([made.privateKey, made.certificate]).apply(([key, chain]) => bundle(key, chain)),
    fingerprint: made.certificate.apply(certificateFingerprint),
    certificateAuthority: made.certificateAuthority,
  };
}

function givenKeyPair(
  certificateChain: pulumi.Input<string>,
  privateKey: pulumi.Input<string>,
  names: readonly string[],
): KeyPair {
  const both = pulumi.all([certificateChain, pulumi.secret(privateKey)]);
  return {
    bundle: both.apply(([chain, key]) => {
      throwProblems(validateCertificate({ certificateChain: chain, privateKey: key, names, now: new Date() }));
      return bundle(key, chain);
    }),
    // A certificate is public, even where it was made together with its key and is a secret for that.
    fingerprint: pulumi.unsecret(pulumi.output(certificateChain).apply(certificateFingerprint)),
    certificateAuthority: undefined,
  };
}

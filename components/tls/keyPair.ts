import * as pulumi from "@pulumi/pulumi";
import { AcmeCertificate, CertificateFiles } from "../../resources/index.ts";
import { authorityIn } from "../../shared/certificates/trust.ts";
import type { ResolvedMailHost } from "../../shared/model/resolvedMailHost.ts";
import { throwProblems } from "../settings/problem.ts";
import type { Settings } from "../settings/schema.ts";
import { validateCertificate } from "../validation/validateCertificate.ts";
import { acmeCertificate } from "./acmeCertificate.ts";
import { bundle } from "./pem.ts";
import { TlsCertificate } from "./tlsCertificate.ts";

/** Key and certificate of both daemons. */
export interface KeyPair {
  /** The certificate that clients are shown, and those above it, in PEM form. Never a secret. */
  readonly certificateChain: pulumi.Output<string>;
  /** The text of the one file that holds both, where we write it. A secret. */
  readonly bundle: pulumi.Output<string> | undefined;
  /** The certificate that clients are to trust, where it can be told and is not known to them already. */
  readonly certificateAuthority: pulumi.Output<string | undefined>;
  /** What an administrator has to do about a certificate that was given; undefined where an `up` does it. */
  readonly remedies: Remedies | undefined;
}

/** What a warning advises. */
export interface Remedies {
  /** To renew the certificate. */
  readonly renewal: string;
  /** Where a certificate that is missing above it has to be put. */
  readonly chain: string;
}

/**
 * The key and certificate that the settings ask for.
 *
 * @param name Prefix of the names of what is made for it
 * @param model What the daemons are to be
 * @param opts Parent, provider and dependencies of what is made for it
 */
export function resolveKeyPair(
  name: string,
  { tls, hostname }: Pick<Settings, "tls" | "hostname">,
  model: ResolvedMailHost,
  opts: pulumi.CustomResourceOptions,
): KeyPair {
  const names = [hostname, ...tls.names];
  const { source, certificateChain, privateKey, certificateFile, privateKeyFile } = tls;
  if (source === "pem" && certificateChain !== undefined && privateKey !== undefined) {
    return givenKeyPair(certificateChain, privateKey, names);
  }
  if (source === "files" && certificateFile !== undefined && privateKeyFile !== undefined) {
    const files = new CertificateFiles(`${name}-certificate-files`, { certificateFile, privateKeyFile, names }, opts);
    return {
      certificateChain: files.certificateChain,
      bundle: undefined,
      certificateAuthority: files.certificateChain.apply(authorityIn),
      remedies: {
        renewal: `renew ${certificateFile} (mailhost:tls.certificateFile) and its key on the host`,
        chain: `${certificateFile} (mailhost:tls.certificateFile) on the host`,
      },
    };
  }
  if (model.acme !== undefined) {
    const { certificateChain } = new AcmeCertificate(
      `${name}-acme`,
      acmeCertificate(model.acme, model, tls.environment),
      opts,
    );
    return {
      certificateChain,
      bundle: undefined,
      certificateAuthority: certificateChain.apply(authorityIn),
      remedies: undefined,
    };
  }
  const made = new TlsCertificate(`${name}-tls`, { hostname, names: tls.names }, opts);
  return {
    certificateChain: made.certificate,
    bundle: pulumi.all([made.privateKey, made.certificate]).apply(([key, chain]) => bundle(key, chain)),
    certificateAuthority: made.certificateAuthority,
    remedies: undefined,
  };
}

function givenKeyPair(
  certificateChain: pulumi.Input<string>,
  privateKey: pulumi.Input<string>,
  names: readonly string[],
): KeyPair {
  const both = pulumi.all([certificateChain, privateKey]);
  // A certificate is public, even where it was made together with its key and is a secret for that.
  const publicChain = pulumi.unsecret(pulumi.output(certificateChain));
  return {
    certificateChain: publicChain,
    bundle: both.apply(([chain, key]) => {
      throwProblems(validateCertificate({ certificateChain: chain, privateKey: key, names, now: new Date() }));
      return bundle(key, chain);
    }),
    certificateAuthority: publicChain.apply(authorityIn),
    remedies: {
      renewal: "put a new one into mailhost:tls.certificateChain, and its key into the secret mailhost:tlsPrivateKey",
      chain: "mailhost:tls.certificateChain",
    },
  };
}

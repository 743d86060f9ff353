import * as pulumi from "@pulumi/pulumi";
import type { AcmeCertificateArgs } from "../../resources/index.ts";
import {
  acmeCredentials,
  acmeCredentialsAttributes,
  renderAcmeCredentials,
  renderAcmeFiles,
} from "../../shared/daemons/lego/acmeFiles.ts";
import { daemonsOf } from "../../shared/daemons/registry.ts";
import type { ResolvedAcme, ResolvedMailHost } from "../../shared/model/resolvedMailHost.ts";

/**
 * What the host needs to obtain its certificate.
 *
 * @param environment Credentials of the DNS provider
 */
export function acmeCertificate(
  { directory, names, dnsProvider }: ResolvedAcme,
  host: ResolvedMailHost,
  environment: Readonly<Record<string, pulumi.Input<string>>> = {},
): AcmeCertificateArgs {
  const files = renderAcmeFiles(host, daemonsOf(host));
  const credentials =
    dnsProvider === undefined ? {} : { [acmeCredentials]: pulumi.secret(environment).apply(renderAcmeCredentials) };
  return {
    directory,
    names: [...names],
    httpChallenge: dnsProvider === undefined,
    files: Object.fromEntries(files.map(({ path, content }) => [path, content])),
    attributes: {
      ...Object.fromEntries(files.map(({ path, attributes }) => [path, attributes])),
      ...Object.fromEntries(Object.keys(credentials).map((path) => [path, acmeCredentialsAttributes])),
    },
    secretFiles: credentials,
  };
}

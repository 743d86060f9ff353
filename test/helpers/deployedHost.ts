import type { PreviewResult } from "@pulumi/pulumi/automation/index.js";
import { afterAll, beforeAll } from "vitest";
import type { ReleaseName } from "../../shared/releases/release.ts";
import type { TestHost } from "../../tools/testhost/host.ts";
import { createLab, type Lab } from "../../tools/testhost/lab.ts";
import type { StartHostOptions } from "../../tools/testhost/labHosts.ts";
import type { IssuedCertificate } from "./certificateAuthority.ts";
import {
  createMailHostProject,
  type Deployment,
  type MailHostProject,
  type StackConfiguration,
} from "./mailHostProject.ts";
import { release } from "./release.ts";
import { passwordHashOf } from "./testUsers.ts";

/** A domain as below `mailhost:domains`. Every mailbox gets a password, the disabled ones too. */
type DomainSettings = Readonly<Record<string, unknown>> & {
  readonly mailboxes?: Readonly<Record<string, object>>;
};

/** What a test says of the mail host; the rest is the same for all tests. */
export interface MailHostSettings {
  readonly domains: Readonly<Record<string, DomainSettings>>;
  /** As below `mailhost:mail`, to be added. */
  readonly mail?: object;
  /** As below `mailhost:logging`. */
  readonly logging?: object;
  /** As below `mailhost:postfix`. */
  readonly postfix?: object;
  /** As below `mailhost:dovecot`. */
  readonly dovecot?: object;
  /** As below `mailhost:publicFolders`. */
  readonly publicFolders?: object;
  /**
   * The certificate to give the host.
   *
   * @default - a self-signed one
   */
  readonly certificate?: IssuedCertificate;
  /**
   * As `mailhost:release`.
   *
   * @default - what the host was made with
   */
  readonly release?: ReleaseName;
  /** As the secret `mailhost:acmeEnvironment`. */
  readonly acmeEnvironment?: Readonly<Record<string, string>>;
  /** As `mailhost:dkim`. */
  readonly dkim?: object | undefined;
  /** As `mailhost:inetProtocols`. */
  readonly inetProtocols?: string;
  /** As `mailhost:packages`. */
  readonly packages?: object;
  /** As below `mailhost:tls`, in place of {@link certificate}. */
  readonly tls?: object;
  /**
   * As `mailhost:acceptanceCheck`.
   *
   * @default true
   */
  readonly acceptanceCheck?: boolean;
}

/** A mail host as its clients know it. */
export interface MailHostInLab {
  readonly lab: Lab;
  readonly host: TestHost;
  /** The host's own name, which its certificate holds. */
  readonly hostname: string;
  /** What clients are to trust: the stack output, where the certificate is self-signed. */
  readonly certificateAuthority: string;
}

/** A host that the program of this repository has made a mail host, from this machine. */
export interface DeployedHost extends MailHostInLab {
  readonly project: MailHostProject;
  /** Changes the mail host by another `up`. */
  deploy(settings: MailHostSettings): Promise<Deployment>;
  preview(settings: MailHostSettings): Promise<PreviewResult>;
}

const hostname = "mail.domain.tld";

/** Gets the mail of the role accounts, of root, and of whoever has nobody else. */
export const postmaster = "alice@domain.tld";

/**
 * Gives the tests of a file one deployed host, which is removed after them. Call the result inside a test or hook. Unless `options`
 * say otherwise, Debian's packages are there before the deployment: that a bare host gets them is a matter of `start`,
 * `localConnection` and `packages`.
 *
 * @param settings The first deployment; a function of what it needs from around the host
 * @param sources The folder of the checkout that deploys it, by default this one
 */
export function useDeployedHost(
  settings: MailHostSettings | ((lab: Lab) => Promise<MailHostSettings>),
  options?: StartHostOptions,
  sources?: () => string,
): () => DeployedHost {
  let lab: Lab | undefined;
  let project: MailHostProject | undefined;
  let deployed: DeployedHost | undefined;
  beforeAll(async () => {
    lab = await createLab();
    project = await createMailHostProject(sources?.());
    const host = await lab.startHost({ release, isFurnished: true, ...options });
    deployed = await deploy(lab, host, project, typeof settings === "function" ? await settings(lab) : settings);
  });
  afterAll(async () => {
    project?.[Symbol.dispose]();
    await lab?.remove();
  });
  return () => {
    if (deployed === undefined) throw new Error("the host is there in tests and hooks only");
    return deployed;
  };
}

async function deploy(
  lab: Lab,
  host: TestHost,
  project: MailHostProject,
  settings: MailHostSettings,
): Promise<DeployedHost> {
  const configure = async (settings: MailHostSettings): Promise<void> =>
    project.configure(stackConfiguration(host, settings), await stackSecrets(settings));
  await configure(settings);
  await project.up();
  const outputs = await project.outputs();
  return {
    lab,
    host,
    project,
    hostname,
    certificateAuthority: settings.certificate?.authority ?? String(outputs.certificateAuthority?.value),
    deploy: async (settings) => {
      await configure(settings);
      return project.up();
    },
    preview: async (settings) => {
      await configure(settings);
      return project.preview();
    },
  };
}

function stackConfiguration(host: TestHost, given: MailHostSettings): StackConfiguration {
  const { certificate, mail, acmeEnvironment: _, ...settings } = given;
  return {
    hostname,
    release: host.release,
    target: { address: host.address, hostKey: host.hostKey, privateKeyFile: host.privateKeyFile },
    mail: { postmaster, ...mail },
    ...settings,
    ...(certificate === undefined ? {} : { tls: { source: "pem", certificateChain: certificate.certificate } }),
  };
}

async function stackSecrets({
  domains,
  certificate,
  acmeEnvironment,
}: MailHostSettings): Promise<Record<string, string>> {
  const addresses = addressesOf(domains);
  const passwords = await Promise.all(addresses.map(async (address) => [address, await passwordHashOf(address)]));
  return {
    passwords: JSON.stringify(Object.fromEntries(passwords)),
    ...(certificate === undefined ? {} : { tlsPrivateKey: certificate.privateKey }),
    ...(acmeEnvironment === undefined ? {} : { acmeEnvironment: JSON.stringify(acmeEnvironment) }),
  };
}

/** The addresses of all mailboxes. */
export function addressesOf(domains: MailHostSettings["domains"]): string[] {
  return Object.entries(domains).flatMap(([domain, { mailboxes = {} }]) =>
    Object.keys(mailboxes).map((localPart) => `${localPart}@${domain}`),
  );
}

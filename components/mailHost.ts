import { isIP } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import { ConfigSet, type DaemonSteps, DirectoryTree, Provider, VirtualTables } from "../resources/index.ts";
import { mailRoot } from "../shared/accounts.ts";
import { type CertificateFacts, certificateFacts, expiryWarning } from "../shared/certificates/certificateFacts.ts";
import { certificateFingerprint } from "../shared/certificates/certificateFingerprint.ts";
import { isTrustKnown, trustWarning } from "../shared/certificates/trust.ts";
import { daemonsOf, renderConfigFiles } from "../shared/daemons/registry.ts";
import { dkimKeyAttributes } from "../shared/daemons/rspamd/rspamd.ts";
import type { ResolvedMailHost } from "../shared/model/resolvedMailHost.ts";
import type { PerService, ServiceListener } from "../shared/services.ts";
import { addressFileOwners, tables } from "../shared/tables.ts";
import { checkAcceptance } from "./acceptanceCheck.ts";
import { renderAclFile } from "./addresses/aclFile.ts";
import type { AddressBook } from "./addresses/addressBook.ts";
import { renderPasswdFile } from "./addresses/passwdText.ts";
import {
  enabledMailboxes,
  renderForwardedRecipients,
  renderRefusedRecipients,
  renderSenderLoginMap,
  renderTransportMap,
  renderVirtualAliasMap,
  renderVirtualMailboxMap,
} from "./addresses/postfixTables.ts";
import { type DkimKeys, resolveDkimKeys } from "./dkim/dkimKeys.ts";
import { type DnsRecordOutput, dnsRecordOutput } from "./dns/dnsRecordOutput.ts";
import { dnsRecords } from "./dns/dnsRecords.ts";
import { webFiles } from "./dns/webFiles.ts";
import { describeServices } from "./listeners.ts";
import type { MailHostArgs } from "./mailHostArgs.ts";
import { mailDirectories } from "./mailTree.ts";
import { type Fingerprints, Passwords } from "./passwords.ts";
import { DebianPlatform } from "./platform/debianPlatform.ts";
import type { Versions } from "./platform/mailPlatform.ts";
import { resolveMailHost } from "./resolve/resolveMailHost.ts";
import { InvalidInputError, throwProblems } from "./settings/problem.ts";
import type { DomainsSettings, Settings } from "./settings/schema.ts";
import { type KeyPair, resolveKeyPair } from "./tls/keyPair.ts";
import { isValid, type ValidSettings, validateMailHost } from "./validation/validateMailHost.ts";
import { validatePasswordOwners } from "./validation/validatePasswords.ts";

/** The arguments of {@link MailHost} where their settings have been validated. */
export interface ValidMailHostArgs extends Pick<MailHostArgs, "target" | "targetConfigKey"> {
  readonly valid: ValidSettings;
  readonly passwords: Passwords;
}

/** Where a client finds a service. */
export interface Endpoint extends ServiceListener {
  readonly host: string;
}

/** How many addresses a domain has. */
export interface DomainCounts {
  readonly mailboxes: number;
  readonly aliases: number;
}

/**
 * A mail host with virtual users: Postfix takes mail on 25 and submission on 587, Dovecot authenticates, stores the
 * mail and serves it by IMAP on 143.
 *
 * @example
 * new MailHost("mail", {
 *   hostname: "mail.domain.tld",
 *   target: { address: "203.0.113.10", hostKey: "ssh-ed25519 AAAA..." },
 *   mail: { postmaster: "alice@domain.tld" },
 *   domains: { "domain.tld": { mailboxes: { alice: {} }, aliases: { info: ["alice"] } } },
 *   passwords: config.requireSecretObject("passwords"),
 * });
 */
export class MailHost extends pulumi.ComponentResource {
  /** The host's own name. */
  readonly hostname: pulumi.Output<string>;
  /** Where clients find IMAP and submission, and other hosts SMTP; `imaps` and `submissions` where they are on. */
  readonly endpoints: pulumi.Output<PerService<Endpoint>>;
  /**
   * The certificate that clients are to trust, in PEM form; undefined where you gave the certificate yourself, and its
   * chain does not end with one that has signed itself.
   */
  readonly certificateAuthority: pulumi.Output<string | undefined>;
  /** What clients are shown; unknown in a preview that makes it anew. */
  readonly certificate: pulumi.Output<CertificateFacts>;
  /**
   * What tells the certificate of both daemons from others: its name, its last day and its SHA-256; undefined where
   * it lies on the host, where its owner renews it at any time.
   */
  readonly certificateFingerprint: pulumi.Output<string | undefined>;
  /** Mail domain to the number of its mailboxes and aliases. */
  readonly domains: pulumi.Output<Record<string, DomainCounts>>;
  /**
   * All DNS records that the host and its domains need, for any DNS provider. Nothing is published.
   *
   * Which ones there are is known in a preview where the address of the target is; values of keys that it makes are not.
   */
  readonly dnsRecords: pulumi.Output<DnsRecordOutput[]>;
  /** URL to text of the files that {@link DnsArgs.webServer} serves. */
  readonly webFiles: pulumi.Output<Record<string, string>>;
  /** What runs on the host, by the versions that it names. */
  readonly versions: pulumi.Output<Versions>;

  constructor(name: string, args: MailHostArgs | ValidMailHostArgs, opts?: pulumi.ComponentResourceOptions) {
    const { target, targetConfigKey, passwords: givenPasswords, ...given } = args;
    const passwords = givenPasswords instanceof Passwords ? givenPasswords : new Passwords(givenPasswords);
    const valid = requireValid(given, passwords);
    const { settings, book } = valid;
    const model = resolveMailHost(valid);
    super("mailhost:index:MailHost", name, {}, opts);

    const provider = new Provider(
      `${name}-host`,
      {
        ...target,
        release: settings.release,
        ...(targetConfigKey === undefined ? {} : { configKey: targetConfigKey }),
      },
      { parent: this },
    );
    const child = { parent: this, provider };
    const platform = new DebianPlatform(name, model, settings.packages, child);
    const tree = new DirectoryTree(
      `${name}-tree`,
      { root: mailRoot, directories: mailDirectories(model) },
      { ...child, dependsOn: [...platform.foundation] },
    );
    const tables = new VirtualTables(`${name}-tables`, virtualTables(model, book, passwords), {
      ...child,
      dependsOn: [tree],
    });
    const keyPair = resolveKeyPair(name, settings, model, { ...child, dependsOn: [...platform.foundation] });
    const fingerprint = keyPair.certificateChain.apply(certificateFingerprint);
    const dkim = resolveDkimKeys(name, model.dkim, settings.dkim?.privateKeys ?? {}, child);
    const configuration = configSet(model, keyPair.bundle, fingerprint, dkim);
    const configured = new ConfigSet(`${name}-configuration`, configuration, { ...child, dependsOn: [tables] });
    const running = platform.run([configured]);
    if (settings.acceptanceCheck) {
      const { files, steps } = configuration;
      checkAcceptance(
        `${name}-acceptance-check`,
        {
          host: model,
          certificateAuthority: keyPair.certificateAuthority,
          certificateFingerprint:
            keyPair.bundle === undefined ? keyPair.certificateChain.apply(unknownFingerprint) : fingerprint,
          address: visitedAddress(settings, target),
          deployed: {
            configuration: { files, steps },
            hostId: configured.hostId,
          },
        },
        { parent: this, dependsOn: [...running] },
      );
    }

    this.hostname = pulumi.output(settings.hostname);
    this.endpoints = pulumi.output(
      describeServices(model, (listener): Endpoint => ({ host: settings.hostname, ...listener })),
    );
    this.certificateAuthority = pulumi.output(keyPair.certificateAuthority);
    this.certificate = keyPair.certificateChain.apply((chain) => certificateFacts(chain, new Date()));
    this.#warnOf(keyPair);
    this.certificateFingerprint = pulumi.output(keyPair.bundle === undefined ? undefined : fingerprint);
    this.domains = pulumi.output(countAddresses(settings.domains));
    this.dnsRecords = hostAddresses(settings.dns.addresses, target).apply((addresses) => [
      ...dnsRecords(model, settings.dns, addresses).map(dnsRecordOutput),
      ...dkim.records,
    ]);
    this.webFiles = pulumi.output(webFiles(model, settings.dns));
    this.versions = platform.versions;
    this.registerOutputs({
      hostname: this.hostname,
      endpoints: this.endpoints,
      certificateAuthority: this.certificateAuthority,
      certificate: this.certificate,
      certificateFingerprint: this.certificateFingerprint,
      domains: this.domains,
      dnsRecords: this.dnsRecords,
      webFiles: this.webFiles,
      versions: this.versions,
    });
  }

  #warnOf({ certificateChain, remedies }: KeyPair): void {
    if (remedies === undefined) return;
    certificateChain.apply((chain) => {
      const facts = certificateFacts(chain, new Date());
      for (const warning of [expiryWarning(facts, remedies.renewal), trustWarning(chain, remedies.chain)]) {
        if (warning !== undefined) void pulumi.log.warn(warning, this);
      }
    });
  }
}

/**
 * The fingerprint of a certificate that clients may not trust. Any other is known by its authority: the check need not be
 * repeated at each renewal on the host.
 */
function unknownFingerprint(chain: string): string | undefined {
  return isTrustKnown(chain) ? undefined : certificateFingerprint(chain);
}

/** Where clients are to find the host: behind a jump host, the address of the target is none of theirs. */
function visitedAddress({ hostname, dns }: Settings, target: MailHostArgs["target"]) {
  if (target.connection === "local") return undefined;
  return target.proxyJump === undefined ? target.address : (dns.addresses?.[0] ?? hostname);
}

/** The host's public addresses, as far as they are known. */
function hostAddresses(given: readonly string[] | undefined, target: MailHostArgs["target"]) {
  if (given !== undefined || target.connection === "local" || target.proxyJump !== undefined) {
    return pulumi.output(given ?? []);
  }
  return pulumi.output(target.address).apply((address) => (isIP(address) === 0 ? [] : [address]));
}

/** The settings that are valid already, or become so here; throws all mistakes at once. */
function requireValid(given: object, passwords: Passwords): ValidSettings {
  const { valid, problems } =
    "valid" in given && isValid(given.valid)
      ? { valid: given.valid, problems: [] }
      : validateMailHost(given, passwords.addresses, new Date());
  if (valid === undefined || passwords.problems.length > 0) {
    throw new InvalidInputError([...problems, ...passwords.problems]);
  }
  return valid;
}

function virtualTables(model: ResolvedMailHost, book: AddressBook, passwords: Passwords) {
  const { fingerprints } = passwords;
  const passwdFiles = (fingerprints: Fingerprints) =>
    Object.fromEntries(
      model.domains.map((domain) => [domain.name, renderPasswdFile(domain, fingerprints, model.release.dovecot)]),
    );
  return {
    mailRoot,
    mapType: model.release.mapType,
    paths: tables,
    owners: addressFileOwners,
    mailFormat: model.mail.format,
    users: pulumi.Output.isInstance(fingerprints)
      ? fingerprints.apply((fingerprints) => {
          throwProblems(validatePasswordOwners(Object.keys(fingerprints), book));
          return passwdFiles(fingerprints);
        })
      : passwdFiles(fingerprints),
    hashes: passwords.linesOf(enabledMailboxes(model)),
    mailboxes: renderVirtualMailboxMap(model),
    aliases: renderVirtualAliasMap(model),
    forwardedRecipients: renderForwardedRecipients(model),
    refusedRecipients: renderRefusedRecipients(model),
    senders: renderSenderLoginMap(model),
    transports: renderTransportMap(model),
    acls: Object.fromEntries(model.domains.map((domain) => [domain.name, renderAclFile(domain)])),
    sieve: sieveScripts(model),
  };
}

/** Address to the text of its managed Sieve script. */
function sieveScripts({ domains }: ResolvedMailHost): Record<string, string> {
  const mailboxes = domains.flatMap(({ mailboxes }) => mailboxes);
  return Object.fromEntries(mailboxes.flatMap(({ address, sieve }) => (sieve === undefined ? [] : [[address, sieve]])));
}

function configSet(
  model: ResolvedMailHost,
  bundle: pulumi.Output<string> | undefined,
  fingerprint: pulumi.Output<string>,
  dkim: DkimKeys,
) {
  const files = renderConfigFiles(model);
  const { certificateFile } = model;
  const secretFiles = { ...(bundle === undefined ? {} : { [certificateFile]: bundle }), ...dkim.files };
  return {
    files: Object.fromEntries(files.map(({ path, content }) => [path, content])),
    attributes: {
      ...Object.fromEntries(files.map(({ path, attributes }) => [path, attributes])),
      ...(bundle === undefined ? {} : { [certificateFile]: "root:root 0600" }),
      ...Object.fromEntries(Object.keys(dkim.files).map((file) => [file, dkimKeyAttributes])),
    },
    secretFiles,
    fingerprints: { [certificateFile]: fingerprint },
    steps: Object.fromEntries(
      daemonsOf(model).map(({ name, listeners }): [string, DaemonSteps] => [name, { ...listeners?.(model) }]),
    ),
  };
}

function countAddresses(domains: DomainsSettings): Record<string, DomainCounts> {
  return Object.fromEntries(
    Object.entries(domains).map(([name, { mailboxes, aliases }]) => [
      name,
      { mailboxes: Object.keys(mailboxes).length, aliases: Object.keys(aliases).length },
    ]),
  );
}

import * as pulumi from "@pulumi/pulumi";
import { ownSettings24 } from "../../shared/daemons/dovecot/ownSettings24.ts";
import { daemons, packagesOf } from "../../shared/daemons/registry.ts";
import type { ReleaseName } from "../../shared/releases/release.ts";
import { releases } from "../../shared/releases/releases.ts";
import { AddressBook } from "../addresses/addressBook.ts";
import { validateProtocols } from "../settings/networks.ts";
import { type Problem, problem } from "../settings/problem.ts";
import {
  type DomainsSettings,
  type ReadableSettings,
  readableSchema,
  type Settings,
  settingsSchema,
} from "../settings/schema.ts";
import { isRecord, parseShape, show } from "../settings/shape.ts";
import { isReadable, withUnreadable } from "./unreadableDomains.ts";
import { validateAcls } from "./validateAcls.ts";
import { validateDkim } from "./validateDkim.ts";
import { validateDns } from "./validateDns.ts";
import { validateDomains } from "./validateDomains.ts";
import { validateDovecotSettings } from "./validateDovecotSettings.ts";
import { validateLocalAddresses } from "./validateLocalAddresses.ts";
import { validateHostname, validateMail } from "./validateMail.ts";
import { validatePasswordOwners } from "./validatePasswords.ts";
import { validatePostfixParameters } from "./validatePostfixParameters.ts";
import { validateTls } from "./validateTls.ts";

/** Settings without mistake, and the addresses in them. Made by {@link validateMailHost} alone. */
class ValidSettings {
  /** With every default; private keys are secrets. */
  readonly settings: Settings;
  readonly #book: AddressBook;

  constructor(settings: Settings, book: AddressBook) {
    const { tls, dkim } = settings;
    this.settings = {
      ...settings,
      tls: {
        ...tls,
        privateKey: tls.privateKey && pulumi.secret(tls.privateKey),
        ...(tls.environment === undefined ? {} : { environment: asSecrets(tls.environment) }),
      },
      dkim: dkim && { ...dkim, privateKeys: asSecrets(dkim.privateKeys) },
    };
    this.#book = book;
  }

  get book(): AddressBook {
    return this.#book;
  }
}

export type { ValidSettings };

export function isValid(value: unknown): value is ValidSettings {
  return value instanceof ValidSettings;
}

/**
 * Finds everything that is wrong and can be seen without the host.
 *
 * @param args The plain part of `MailHostArgs`, of whatever shape it has
 * @param passwords Addresses that have a password; undefined where they are not known yet
 * @param now The time to measure certificates against
 * @param areDomainsWhole Whether all domains could be read; a mailbox of another domain is no mistake otherwise
 * @returns The settings, where they are without mistake, and all mistakes
 */
export function validateMailHost(
  args: unknown,
  passwords: readonly string[] | undefined,
  now: Date,
  areDomainsWhole = true,
): { readonly valid: ValidSettings | undefined; readonly problems: readonly Problem[] } {
  const { value, readable = {}, problems, toGiven } = parseShape(settingsSchema, readableSchema, args);
  const given = isRecord(args) && isRecord(args.domains) ? args.domains : {};
  const domains = value?.domains ?? (readable.domains && withUnreadable(readable.domains, given));
  const book = domains && new AddressBook(domains, readable.mail?.postmaster, areDomainsWhole);
  const owners = passwords?.filter((address) => isReadable(address, domains, given));
  const ofMeaning = [
    ...validateDaemons(readable, now),
    ...(book === undefined || domains === undefined ? [] : validateAddresses(readable, domains, book)),
    ...(book === undefined || owners === undefined ? [] : validatePasswordOwners(owners, book)),
  ];
  const all = [...problems, ...ofMeaning.map(toGiven)];
  const isWhole = all.length === 0 && value !== undefined && book !== undefined;
  return { valid: isWhole ? new ValidSettings(value, book) : undefined, problems: all };
}

function validateDaemons(settings: ReadableSettings, now: Date): Problem[] {
  const { hostname, release = "debian13", inetProtocols = "ipv4", postfix, dovecot, logging, mail, tls } = settings;
  const listen = (addresses: readonly string[] = [], daemon: string) =>
    validateProtocols(addresses, inetProtocols, [daemon, "listenAddresses"]);
  const { dovecot: dialect } = releases[release];
  return [
    ...listen(postfix?.listenAddresses, "postfix"),
    ...listen(dovecot?.listenAddresses, "dovecot"),
    ...validateProtocols(settings.dns?.addresses ?? [], inetProtocols, ["dns", "addresses"]),
    ...(postfix === undefined
      ? []
      : validatePostfixParameters(postfix, settings.dkim !== undefined || postfix.fromHeader === "reject")),
    ...(dovecot === undefined
      ? []
      : validateDovecotSettings(
          dovecot.settings,
          ownSettings24(logging?.method ?? "syslog", mail?.defaultFolders ?? []),
          dialect,
        )),
    ...validatePackages(settings.packages, release),
    ...validateLogging(logging),
    ...(settings.dns === undefined ? [] : validateDns(settings.dns, tls)),
    ...(tls === undefined ? [] : validateTls(tls, hostname, now)),
  ];
}

function asSecrets(texts: Readonly<Record<string, pulumi.Input<string>>>): Record<string, pulumi.Output<string>> {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, pulumi.secret(text)]));
}

function validateAddresses(
  { hostname, mail, publicFolders, dkim }: ReadableSettings,
  domains: DomainsSettings,
  book: AddressBook,
): Problem[] {
  return [
    ...validateDomains(domains, book),
    ...(hostname === undefined
      ? []
      : [...validateHostname(hostname, domains), ...validateLocalAddresses(hostname, domains)]),
    ...(mail === undefined ? [] : validateMail(mail, domains, book)),
    ...(dkim === undefined || hostname === undefined ? [] : validateDkim(dkim, [hostname, ...Object.keys(domains)])),
    ...(publicFolders === undefined ? [] : validateAcls(publicFolders.acls, book, ["publicFolders", "acls"])),
  ];
}

function validatePackages(versions: ReadableSettings["packages"] = {}, release: ReleaseName): Problem[] {
  const known: readonly string[] = packagesOf(daemons, release);
  return Object.keys(versions).flatMap((name) =>
    known.includes(name)
      ? []
      : [problem(["packages", name], `is not installed on ${release} (packages: ${known.join(", ")}); take it out`)],
  );
}

function validateLogging(logging: ReadableSettings["logging"]): Problem[] {
  if (!logging?.stopSyslogCopy || logging.method === "syslog") return [];
  const reason = `is used with logging.method "syslog" only, but the method is ${show(logging.method)}`;
  return [problem(["logging", "stopSyslogCopy"], reason)];
}

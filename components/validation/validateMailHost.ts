import { AddressBook } from "../addresses/addressBook.ts";
import { validateListenAddresses } from "../settings/networks.ts";
import { type Problem, problem } from "../settings/problem.ts";
import { type ReadableSettings, readableSchema, type Settings, settingsSchema } from "../settings/schema.ts";
import { isRecord, parseShape, show } from "../settings/shape.ts";
import { isReadable, withUnreadable } from "./unreadableDomains.ts";
import { validateAcls } from "./validateAcls.ts";
import { validateDomains } from "./validateDomains.ts";
import { validateExtraSettings } from "./validateExtraSettings.ts";
import { validateLocalAddresses } from "./validateLocalAddresses.ts";
import { validateHostname, validateMail } from "./validateMail.ts";
import { validatePasswordOwners } from "./validatePasswords.ts";
import { validateTls } from "./validateTls.ts";

/** The settings, where they are without mistake, and all mistakes. */
export interface ValidatedSettings {
  readonly settings: Settings | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Finds everything that is wrong and can be seen without the host.
 *
 * @param args The plain part of `MailHostArgs`, of whatever shape it has
 * @param passwords Addresses that have a password; undefined where they are not known yet
 * @param now The time to measure certificates against
 */
export function validateMailHost(
  args: unknown,
  passwords: readonly string[] | undefined,
  now: Date,
): ValidatedSettings {
  const { value, readable, problems, toGiven } = parseShape(settingsSchema, readableSchema, args);
  const given = isRecord(args) && isRecord(args.domains) ? args.domains : {};
  const domains = readable?.domains && withUnreadable(readable.domains, given);
  const owners = passwords?.filter((address) => isReadable(address, domains, given));
  const all = [...problems, ...validateMeaning({ ...readable, domains }, owners, now).map(toGiven)];
  return { settings: all.length === 0 ? value : undefined, problems: all };
}

function validateMeaning(settings: ReadableSettings, passwords: readonly string[] | undefined, now: Date): Problem[] {
  const { hostname, inetProtocols = "ipv4", postfix, dovecot, mail, domains, publicFolders, tls } = settings;
  const listen = (addresses: readonly string[] = [], daemon: string) =>
    validateListenAddresses(addresses, inetProtocols, [daemon, "listenAddresses"]);
  return [
    ...listen(postfix?.listenAddresses, "postfix"),
    ...listen(dovecot?.listenAddresses, "dovecot"),
    ...validateExtraSettings(settings),
    ...validateLogging(settings.logging),
    ...(tls === undefined ? [] : validateTls(tls, hostname, now)),
    ...(domains === undefined ? [] : validateDomains(domains, mail?.postmaster)),
    ...(domains === undefined || hostname === undefined ? [] : validateHostname(hostname, domains)),
    ...(domains === undefined || hostname === undefined ? [] : validateLocalAddresses(hostname, domains)),
    ...(domains === undefined || mail === undefined ? [] : validateMail(mail, domains)),
    ...(domains === undefined || publicFolders === undefined
      ? []
      : validateAcls(publicFolders.acls, new AddressBook(domains), ["publicFolders", "acls"])),
    ...(domains === undefined || passwords === undefined ? [] : validatePasswordOwners(passwords, domains)),
  ];
}

function validateLogging(logging: ReadableSettings["logging"]): Problem[] {
  if (!logging?.stopSyslogCopy || logging.method === "syslog") return [];
  const reason = `is used with logging.method "syslog" only, but the method is ${show(logging.method)}`;
  return [problem(["logging", "stopSyslogCopy"], reason)];
}

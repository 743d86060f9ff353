import type { ResolvedMailHost } from "../../model/resolvedMailHost.ts";
import { renderTemplate } from "../../templates.ts";
import { type ConfigFile, publicFile } from "../configFile.ts";
import type { Daemon } from "../daemon.ts";

/** What obtains and renews the certificate: `PROGRAM issue`, `PROGRAM renew`. */
export const acmeProgram = "/usr/local/sbin/mailhost-acme";
/** The systemd timer that has it renew. */
export const acmeTimer = "mailhost-acme.timer";
/** Credentials of the DNS provider. */
export const acmeCredentials = "/etc/mailhost/acme.env";
/** What its last attempt failed with; there is no such file where it went well. */
export const acmeFailure = "/var/lib/mailhost/acme/failure";

/** For root alone. */
const rootOnly = "root:root 0600";
export const acmeCredentialsAttributes = rootOnly;

const settings = "/etc/mailhost/acme.conf";
const authorityFile = "/etc/mailhost/acme-directory.pem";
const units = ["mailhost-acme.service", acmeTimer].map((unit) => `/etc/systemd/system/${unit}`);

/**
 * The program and its settings, and the units that run it each day.
 *
 * @param daemons All of the host; some of them show the certificate
 */
export function renderAcmeFiles(host: ResolvedMailHost, daemons: readonly Daemon[]): ConfigFile[] {
  const { acme } = host;
  if (acme === undefined) return [];
  const { directory, email, names, dnsProvider, directoryCertificateAuthority } = acme;
  const values = {
    directory,
    email,
    names,
    challenge: dnsProvider === undefined ? "--http" : `--dns ${dnsProvider}`,
    listeners: daemons.flatMap((daemon) => listenersOf(daemon, host)),
    authorityFile: directoryCertificateAuthority === undefined ? null : authorityFile,
  };
  return [
    { path: acmeProgram, content: renderTemplate(`lego${acmeProgram}`, {}), attributes: "root:root 0755" },
    { path: settings, content: renderTemplate(`lego${settings}`, values), attributes: rootOnly },
    ...(directoryCertificateAuthority === undefined
      ? []
      : [publicFile(authorityFile, `${directoryCertificateAuthority.trim()}\n`)]),
    ...units.map((path) => publicFile(path, renderTemplate(`systemd${path}`, {}))),
  ];
}

/** The text of the file of credentials: variables of sh(1), and in `variables` their names. */
export function renderAcmeCredentials(environment: Readonly<Record<string, string>>): string {
  const variables = Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    "# Managed by mailhost: change mailhost:acmeEnvironment in the stack configuration, not this file.\n",
    ...variables.map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`),
    `variables='${variables.map(([name]) => name).join(" ")}'\n`,
  ].join("");
}

/** As `PROTOCOL=ADDRESS:PORT`. */
function listenersOf({ certificateProtocol, listeners }: Daemon, host: ResolvedMailHost): string[] {
  if (certificateProtocol === undefined) return [];
  const { listen = [], tlsListen = [] } = listeners?.(host) ?? {};
  return [...listen.map((socket) => `${certificateProtocol}=${socket}`), ...tlsListen.map((socket) => `tls=${socket}`)];
}

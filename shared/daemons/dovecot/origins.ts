import { formatPath } from "../../propertyPath.ts";
import type { ConfiguredLine } from "../origin.ts";
import { dovecotConfPath } from "./dovecotConf.ts";

/** Keys of ours that change a setting of dovecot.conf. */
export const keysOfSettings: Readonly<Record<string, string>> = {
  hostname: "hostname",
  listen: "inetProtocols",
  mail_driver: "mail.format",
  recipient_delimiter: "mail.recipientDelimiter",
  quota_storage_size: "mail.quota",
  quota_storage_percentage: "mail.trashExtraPercent",
  auth_mechanisms: "dovecot.authMechanisms",
  mail_max_userip_connections: "dovecot.mailMaxUseripConnections",
  postmaster_address: "mail.postmaster",
  ssl_min_protocol: "tls.minimumProtocol",
  ssl_server_cert_file: "tls",
  ssl_server_key_file: "tls",
  syslog_facility: "logging",
};

/** What the text of dovecot.conf sets, one setting or section a line; below a comment that names `mailhost:dovecot.settings` stand those. */
export function dovecotLines(texts: Readonly<Record<string, string>>): ConfiguredLine[] {
  const sections: string[] = [];
  let isExtra = false;
  return (texts[dovecotConfPath] ?? "").split("\n").flatMap((text, index) => {
    const line = text.trim();
    if (line.startsWith("#")) isExtra ||= line.includes("mailhost:dovecot.settings");
    if (line === "}") sections.pop();
    const [, section] = /^([\w-]+(?: .*)?) \{$/.exec(line) ?? [];
    const [, setting, value = ""] = /^([\w:.+-]+) =\s*(.*)$/.exec(line) ?? [];
    const name = section === undefined ? setting : unquote(section);
    if (name === undefined) return [];
    const key = isExtra ? formatPath(["dovecot", "settings", ...sections, name]) : keysOfSettings[name];
    if (section !== undefined) sections.push(name);
    return [{ file: dovecotConfPath, line: index + 1, name, value: unquote(value), isExtra, key }];
  });
}

function unquote(text: string): string {
  return text.replace(/"((?:[^"\\]|\\.)*)"$/, (_, quoted: string) => quoted.replaceAll(/\\(.)/g, "$1"));
}

import { formatPath } from "../../propertyPath.ts";
import type { ConfiguredLine } from "../origin.ts";
import { mainCfPath } from "./mainCf.ts";
import { masterCfPath } from "./masterCf.ts";

/** Keys of ours that change a parameter of main.cf. */
export const keysOfParameters: Readonly<Record<string, string>> = {
  myhostname: "hostname",
  inet_protocols: "inetProtocols",
  inet_interfaces: "postfix.listenAddresses",
  mynetworks: "postfix.mynetworks",
  recipient_delimiter: "mail.recipientDelimiter",
  virtual_mailbox_domains: "domains",
  virtual_alias_maps: "domains",
  message_size_limit: "mail.messageSizeLimit",
  smtpd_hide_client_session: "postfix.clientAddressInHeaders",
  smtpd_tls_chain_files: "tls",
  smtpd_tls_mandatory_protocols: "tls.minimumProtocol",
};

/** What the texts of main.cf and master.cf set, see postconf(5) and master(5). */
export function postfixLines(texts: Readonly<Record<string, string>>): ConfiguredLine[] {
  return [...mainCfLines(texts[mainCfPath] ?? ""), ...masterCfLines(texts[masterCfPath] ?? "")];
}

function mainCfLines(text: string): ConfiguredLine[] {
  return readLines(text, (line) => {
    const [, name, value = ""] = /^([\w.-]+)\s*=\s*(.*)$/.exec(line) ?? [];
    return name === undefined ? undefined : { file: mainCfPath, name, value };
  });
}

/** Each option is on a line of its own. */
function masterCfLines(text: string): ConfiguredLine[] {
  let service = "";
  return readLines(text, (line) => {
    const [, name = "", type = ""] = /^([^\s#]\S*)\s+(\S+)/.exec(line) ?? [];
    if (name !== "") service = `${name}/${type}`;
    const [, option, value = "", spaced, spacedValue = ""] =
      /^\s+-o (?:([\w-]+)=(.*)|\{ ([\w-]+) = (.*) \})$/.exec(line) ?? [];
    if (option !== undefined) return { file: masterCfPath, name: option, value, service };
    return spaced === undefined ? undefined : { file: masterCfPath, name: spaced, value: spacedValue, service };
  });
}

type Place = Pick<ConfiguredLine, "file" | "name" | "value" | "service">;

/** Below a comment that names `mailhost:postfix.parameters` stand those. */
function readLines(text: string, read: (line: string) => Place | undefined): ConfiguredLine[] {
  let isExtra = false;
  return text.split("\n").flatMap((line, index) => {
    if (line.startsWith("#")) isExtra = line.includes("mailhost:postfix.parameters");
    else if (/^\S+\s+(?:inet|unix|unix-dgram|fifo|pass)\s/.test(line)) isExtra = false;
    const place = read(line);
    return place === undefined ? [] : [{ ...place, line: index + 1, isExtra, key: keyOf(place, isExtra) }];
  });
}

function keyOf({ name, service }: Place, isExtra: boolean): string | undefined {
  if (!isExtra) return keysOfParameters[name];
  return formatPath(["postfix", "parameters", service === undefined ? name : `${service}/${name}`]);
}

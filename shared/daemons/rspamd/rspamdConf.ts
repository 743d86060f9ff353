import type { DkimKey } from "../../dkim/dkimKey.ts";
import type { ResolvedMailHost } from "../../model/resolvedMailHost.ts";
import { milterSocket, postfixQueue, rspamdControllerSocket } from "../../paths.ts";
import type { ByRelease } from "../../releases/release.ts";
import { tables } from "../../tables.ts";
import { renderTemplate } from "../../templates.ts";
import { sealsMail, signsMail } from "./uses.ts";

export const rspamdConfPath = "/etc/rspamd/rspamd.conf";
export const rulesPath = "/etc/rspamd/rules.lua";
export const publicSuffixPath = "/etc/rspamd/public_suffixes";

/**
 * Behind how many seals of others one of rspamd holds; false: any number. rspamd 3.4 signs those before its own in the wrong order:
 * https://github.com/rspamd/rspamd/pull/4449.
 */
const mostSeals: ByRelease<number | false> = { debian13: false, debian12: 1 };

/** The text of rspamd.conf, see https://docs.rspamd.com/configuration/. */
export function renderRspamdConf(host: ResolvedMailHost): string {
  return renderTemplate(`rspamd${rspamdConfPath}`, {
    milterSocket: `${postfixQueue}/${milterSocket}`,
    rspamdControllerSocket,
    rulesPath,
    publicSuffixPath,
    signs: signsMail(host),
    seals: sealsMail(host),
    domains: keysByDomain(host.dkim),
  });
}

/** The text of the rules in Lua, see https://docs.rspamd.com/lua/. */
export function renderRules(host: ResolvedMailHost): string {
  return renderTemplate(`rspamd${rulesPath}`, {
    signs: signsMail(host),
    seals: sealsMail(host),
    fromHeader: host.postfix.fromHeader,
    tables,
    mostSeals: mostSeals[host.release.name],
    // A class of characters in a pattern of Lua.
    extension: host.recipientDelimiter.replace(/.+/, (letters) => `[${letters.replaceAll(/./g, "%$&")}]`),
    domains: [host.hostname, ...host.domains.map(({ name }) => name)],
  });
}

/** The text of the list of public suffixes that is no list. */
export function renderPublicSuffixes(): string {
  return renderTemplate(`rspamd${publicSuffixPath}`, {});
}

/** The keys of each domain, and the one that seals: of the oldest selector, whose record is published for certain. */
function keysByDomain(keys: readonly DkimKey[]): { name: string; keys: DkimKey[]; seal: DkimKey | undefined }[] {
  const byDomain = new Map<string, DkimKey[]>();
  for (const key of keys) {
    for (const domain of key.domains) {
      const known = byDomain.get(domain);
      if (known === undefined) byDomain.set(domain, [key]);
      else known.push(key);
    }
  }
  return [...byDomain].map(([name, keys]) => ({
    name,
    keys,
    seal: keys.findLast(({ algorithm }) => algorithm === "rsa"),
  }));
}

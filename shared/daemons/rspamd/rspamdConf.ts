import type { DkimKey } from "../../dkim/dkimKey.ts";
import type { ResolvedMailHost } from "../../model/resolvedMailHost.ts";
import { milterSocket, postfixQueue, rspamdControllerSocket } from "../../paths.ts";
import { renderTemplate } from "../../templates.ts";

export const rspamdConfPath = "/etc/rspamd/rspamd.conf";
export const publicSuffixPath = "/etc/rspamd/public_suffixes";

/** The text of rspamd.conf, see https://docs.rspamd.com/configuration/. */
export function renderRspamdConf({ dkim }: Pick<ResolvedMailHost, "dkim">): string {
  return renderTemplate(`rspamd${rspamdConfPath}`, {
    milterSocket: `${postfixQueue}/${milterSocket}`,
    rspamdControllerSocket,
    publicSuffixPath,
    domains: keysByDomain(dkim),
  });
}

/** The text of the list of public suffixes that is no list. */
export function renderPublicSuffixes(): string {
  return renderTemplate(`rspamd${publicSuffixPath}`, {});
}

function keysByDomain(keys: readonly DkimKey[]): { name: string; keys: DkimKey[] }[] {
  const byDomain = new Map<string, DkimKey[]>();
  for (const key of keys) {
    for (const domain of key.domains) {
      const known = byDomain.get(domain);
      if (known === undefined) byDomain.set(domain, [key]);
      else known.push(key);
    }
  }
  return [...byDomain].map(([name, keys]) => ({ name, keys }));
}

/** Where Debian packages come from. */
export interface Mirrors {
  readonly archive: string;
  readonly security: string;
}

const defaultMirrors: Mirrors = {
  archive: "http://deb.debian.org/debian",
  security: "http://deb.debian.org/debian-security",
};

/**
 * Finds this machine's own mirrors in its apt sources, so that test hosts load their packages from where this machine does.
 *
 * @param sources texts of sources.list(5) files, in the one-line or the deb822 form
 * @param codename the machine's own Debian release: other repositories (of programs, not of Debian) have other suites
 */
export function findMirrors(sources: readonly string[], codename: string | undefined): Mirrors {
  if (codename === undefined) return defaultMirrors;
  const entries = sources.flatMap((source) => (/^Types:/m.test(source) ? parseDeb822(source) : parseOneLine(source)));
  const uriOf = (suite: string): string | undefined =>
    entries.find(
      (entry) => entry.suites.includes(suite) && entry.components.includes("main") && /^https?:/.test(entry.uri),
    )?.uri;
  return {
    archive: uriOf(codename) ?? uriOf("stable") ?? defaultMirrors.archive,
    security: uriOf(`${codename}-security`) ?? uriOf("stable-security") ?? defaultMirrors.security,
  };
}

interface SourceEntry {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
}

function parseDeb822(text: string): SourceEntry[] {
  return text.split(/\n\s*\n/).flatMap((paragraph) => {
    const lines = paragraph.split("\n").filter((line) => !line.startsWith("#"));
    const words = (field: string): string[] => {
      const line = lines.find((candidate) => candidate.toLowerCase().startsWith(`${field}:`));
      return (line ?? "")
        .slice(field.length + 1)
        .trim()
        .split(/\s+/)
        .filter(Boolean);
    };
    if (words("enabled")[0] === "no" || !words("types").includes("deb")) return [];
    return words("uris").map((uri) => ({
      uri: trimSlash(uri),
      suites: words("suites"),
      components: words("components"),
    }));
  });
}

function parseOneLine(text: string): SourceEntry[] {
  return text.split("\n").flatMap((line) => {
    const [, uri, suite, components] = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+([^#]*)/.exec(line) ?? [];
    if (uri === undefined || suite === undefined || components === undefined) return [];
    return [{ uri: trimSlash(uri), suites: [suite], components: components.trim().split(/\s+/) }];
  });
}

function trimSlash(uri: string): string {
  return uri.replace(/\/+$/, "");
}

/**
 * This machine's apt settings without which its mirrors may not be usable: a proxy, checks that are switched off.
 *
 * @param dump output of `apt-config dump`
 */
export function findAcquireSettings(dump: string): string[] {
  const wanted = /^Acquire::(?:https?::Proxy|Check-Valid-Until|Check-Date|Retries)[^ ]* ".+";$/;
  return dump.split("\n").filter((line) => wanted.test(line));
}

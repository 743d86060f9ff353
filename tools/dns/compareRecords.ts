import { Resolver } from "node:dns/promises";
import type { DnsRecord } from "../../shared/model/dnsRecord.ts";

/** A record, or all of one name and type that stand together, and what a resolver answers. */
export interface Comparison {
  readonly name: string;
  readonly type: DnsRecord["type"];
  readonly wanted: readonly string[];
  /** What is published; undefined where the resolver could not tell. */
  readonly published: readonly string[] | undefined;
  readonly result: "right" | "missing" | "different" | "unknown";
  /** Why the resolver could not tell. */
  readonly reason?: string;
}

/**
 * A resolver that gives up after some seconds.
 *
 * @param servers Addresses, with a port after a colon where it is not 53; none: those of this machine
 */
export function createResolver(servers: readonly string[] = []): Resolver {
  const resolver = new Resolver({ timeout: 3_000, tries: 2 });
  if (servers.length > 0) resolver.setServers(servers);
  return resolver;
}

/** What each name has in the DNS, compared with what it should have. Texts of other purposes under the same name are left out. */
export async function compareRecords(records: readonly DnsRecord[], resolver: Resolver): Promise<Comparison[]> {
  const groups = Map.groupBy(records, ({ name, type, value }) => `${type} ${name} ${purpose(type, value)}`);
  return Promise.all([...groups.values()].map((group) => compareGroup(group, resolver)));
}

async function compareGroup(group: readonly DnsRecord[], resolver: Resolver): Promise<Comparison> {
  const [{ name, type, value }] = group as [DnsRecord];
  const wanted = group.map(({ value }) => normalise(type, value)).toSorted();
  try {
    const answers = await lookUp(name, type, resolver);
    const published = answers
      .map((answer) => normalise(type, answer))
      .filter((answer) => purpose(type, answer) === purpose(type, value))
      .toSorted();
    const isRight = wanted.length === published.length && wanted.every((text, index) => text === published[index]);
    return {
      name,
      type,
      wanted,
      published,
      result: isRight ? "right" : published.length === 0 ? "missing" : "different",
    };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return { name, type, wanted, published: undefined, result: "unknown", reason: code };
  }
}

/** What tells texts under one name apart: `v=spf1`, `v=DMARC1` and so on. Empty for other types. */
function purpose(type: DnsRecord["type"], value: string): string {
  return type === "TXT" ? (/^v=\w+/i.exec(value)?.[0].toLowerCase() ?? value) : "";
}

/** One spelling for what means the same. */
function normalise(type: DnsRecord["type"], value: string): string {
  if (type === "TXT")
    return value
      .replaceAll(/\s*;\s*/g, "; ")
      .replace(/[\s;]+$/, "")
      .replaceAll(/\s+/g, " ");
  if (type === "AAAA") return new URL(`http://[${value}]`).hostname.slice(1, -1);
  return value.toLowerCase();
}

/** The answers as {@link DnsRecord.value} spells them; none where the name has none of that type. */
async function lookUp(name: string, type: DnsRecord["type"], resolver: Resolver): Promise<string[]> {
  try {
    switch (type) {
      case "A":
        return await resolver.resolve4(name);
      case "AAAA":
        return await resolver.resolve6(name);
      case "CAA":
        return (await resolver.resolveCaa(name)).flatMap(({ critical, issue }) =>
          issue === undefined ? [] : [`${critical} issue "${issue}"`],
        );
      case "CNAME":
        return (await resolver.resolveCname(name)).map((host) => `${host}.`);
      case "MX":
        return (await resolver.resolveMx(name)).map(({ priority, exchange }) => `${priority} ${exchange}.`);
      case "PTR":
        return (await resolver.resolvePtr(name)).map((host) => `${host}.`);
      case "SRV":
        return (await resolver.resolveSrv(name)).map(
          ({ priority, weight, port, name }) => `${priority} ${weight} ${port} ${name}.`,
        );
      case "TXT":
        return (await resolver.resolveTxt(name)).map((pieces) => pieces.join(""));
      default:
        return type satisfies never;
    }
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOTFOUND" || error.code === "ENODATA"))
      return [];
    throw error;
  }
}

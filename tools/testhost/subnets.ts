/**
 * Ranges to take a /24 from: a private one, and where a route of this machine (of a VPN, say) covers that, the range kept
 * for benchmarks between networks (RFC 2544), which are not routed.
 */
const ranges: readonly string[] = ["10.89", "198.18"];

/** Addresses of one lab, all in one /24. */
export interface Subnet {
  readonly cidr: string;
  readonly prefixLength: 24;
  /** This machine's address in the lab, and its name server's. */
  readonly gateway: string;
  /** The foreign mail server. */
  readonly sink: string;
  /** Tests speak to hosts from here. */
  readonly client: string;
  /** A foreign name server that never answers. */
  readonly silent: string;
  /** Address number `index` for hosts, from 0 to {@link hostAddresses} - 1. */
  host(index: number): string;
}

/** How many addresses a lab has for its hosts. */
export const hostAddresses = 200;

/** The lab's addresses below a prefix such as `10.89.7`. */
export function subnetOf(prefix: string): Subnet {
  return {
    cidr: `${prefix}.0/24`,
    prefixLength: 24,
    gateway: `${prefix}.1`,
    sink: `${prefix}.2`,
    client: `${prefix}.3`,
    silent: `${prefix}.4`,
    host: (index) => `${prefix}.${index + 10}`,
  };
}

/**
 * Chooses the first subnet that no route covers.
 *
 * @param routes destinations as `ip route show` prints them: an address, a network with its length, or `default`
 */
export function chooseSubnet(routes: readonly string[]): string {
  const taken = routes.filter((route) => /^\d/.test(route)).map(parseNetwork);
  for (const range of ranges) {
    for (let third = 0; third < 256; third++) {
      const candidate = parseNetwork(`${range}.${third}.0/24`);
      if (!taken.some((network) => overlaps(network, candidate))) return `${range}.${third}`;
    }
  }
  throw new Error(
    `no free subnet for a lab: the machine's routes cover ${ranges.map((range) => `${range}.0.0/16`).join(" and ")}`,
  );
}

interface Network {
  readonly first: number;
  readonly last: number;
}

function parseNetwork(text: string): Network {
  const [address = "", length = "32"] = text.split("/");
  const number = address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const size = 2 ** (32 - Number(length));
  // `ip route` shortens 10.0.0.0/8 to 10.0.0.0/8 but never drops octets, so the number is complete.
  const first = Math.floor(number / size) * size;
  return { first, last: first + size - 1 };
}

function overlaps(a: Network, b: Network): boolean {
  return a.first <= b.last && b.first <= a.last;
}

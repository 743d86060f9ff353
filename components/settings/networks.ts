import { isIP, isIPv4, isIPv6 } from "node:net";
import { type Path, type Problem, problem } from "./problem.ts";
import { show } from "./shape.ts";

/** An IP address without a zone. */
export function isAddress(value: string): boolean {
  return isIP(value) !== 0 && !value.includes("%");
}

export const addressAllowed = 'an IP address of the host, such as "203.0.113.10"';

/** A network as Postfix takes it, with no bit set behind its prefix: it stops at "non-null host address bits". */
export function isNetwork(value: string): boolean {
  const [, v6, v4, prefix] = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+))(?:\/(\d{1,3}))?$/.exec(value) ?? [];
  if (v4 !== undefined && isIPv4(v4)) return isFirstOfNetwork(bitsOfIPv4(v4), Number(prefix ?? 32), 8, 32);
  if (v6 !== undefined && isIPv6(v6)) return isFirstOfNetwork(bitsOfIPv6(v6), Number(prefix ?? 128), 16, 128);
  return false;
}

export const networkAllowed =
  'a network without host bits, such as "192.0.2.0/24" or "[2001:db8::]/32", of /8 or narrower (IPv6: /16): all in it may relay';

function isFirstOfNetwork(bits: bigint, prefix: number, widest: number, narrowest: number): boolean {
  if (prefix < widest || prefix > narrowest) return false;
  return bits % (1n << BigInt(narrowest - prefix)) === 0n;
}

function bitsOfIPv4(address: string): bigint {
  return address.split(".").reduce((bits, byte) => (bits << 8n) | BigInt(byte), 0n);
}

/** The 128 bits of an IPv6 address. */
export function bitsOfIPv6(address: string): bigint {
  // The URL parser knows every way to write an address and gives one back, with at most one "::".
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = "", tail] = canonical.split("::");
  const front = head.split(":").filter(Boolean);
  const back = (tail ?? "").split(":").filter(Boolean);
  const zeros = Array<string>(8 - front.length - back.length).fill("0");
  return [...front, ...zeros, ...back].reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}

/** Addresses that the protocols of the host leave out: a daemon given one does not start, and mail sent to one is late. */
export function validateProtocols(addresses: readonly string[], inetProtocols: "ipv4" | "all", path: Path): Problem[] {
  if (inetProtocols === "all") return [];
  return addresses.flatMap((address, index) =>
    isIPv6(address)
      ? [problem([...path, index], `${show(address)} is an IPv6 address; set inetProtocols to "all" or take it out`)]
      : [],
  );
}

import { isIPv6, SocketAddress } from "node:net";

/** Listening sockets of these ports: `203.0.113.10:25`, `[2001:db8::1]:25`, and without addresses `*:25`. */
export function listeningSockets(addresses: readonly string[], ...ports: readonly number[]): string[] {
  const hosts = addresses.length > 0 ? addresses.map((address) => (isIPv6(address) ? `[${address}]` : address)) : ["*"];
  return hosts.flatMap((host) => ports.map((port) => `${host}:${port}`));
}

/** An address as the host's own programs write it: IPv6 has many spellings. */
export function canonicalAddress(address: string): string {
  return isIPv6(address) ? new SocketAddress({ address, family: "ipv6" }).address : address;
}

import { isIPv6 } from "node:net";

/** Listening sockets of these ports: `203.0.113.10:25`, `[2001:db8::1]:25`, and without addresses `*:25`. */
export function listeningSockets(addresses: readonly string[], ...ports: readonly number[]): string[] {
  const hosts = addresses.length > 0 ? addresses.map((address) => (isIPv6(address) ? `[${address}]` : address)) : ["*"];
  return hosts.flatMap((host) => ports.map((port) => `${host}:${port}`));
}

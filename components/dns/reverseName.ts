import { isIPv4 } from "node:net";
import { bitsOfIPv6 } from "../settings/networks.ts";

/** The name of an address in `in-addr.arpa` or `ip6.arpa`. */
export function reverseName(address: string): string {
  if (isIPv4(address)) return `${address.split(".").reverse().join(".")}.in-addr.arpa`;
  const digits = bitsOfIPv6(address).toString(16).padStart(32, "0");
  return `${[...digits].reverse().join(".")}.ip6.arpa`;
}

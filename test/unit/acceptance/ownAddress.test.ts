import type { NetworkInterfaceInfo } from "node:os";
import { expect, test } from "vitest";
import { ownAddress } from "../../../acceptance/ownAddress.ts";

const at = (address: string, family: "IPv4" | "IPv6", internal = false): NetworkInterfaceInfo =>
  ({ address, family, internal }) as NetworkInterfaceInfo;
const lo = [at("127.0.0.1", "IPv4", true), at("::1", "IPv6", true)];

test("the host finds itself where others find it, and else by the loopback address", () => {
  expect(ownAddress({ lo, eth0: [at("fe80::1", "IPv6"), at("192.0.2.1", "IPv4")] })).toBe("192.0.2.1");
  expect(ownAddress({ lo, eth0: [at("fe80::1", "IPv6")] })).toBe("127.0.0.1");
});

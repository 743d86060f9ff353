import { expect, test } from "vitest";
import { chooseSubnet, hostAddresses, subnetOf } from "../../../../tools/testhost/subnets.ts";

test.each([
  { title: "the first subnet of the private range", routes: ["default", "192.0.2.0/24"], chosen: "10.89.0" },
  { title: "the next one when a lab has the first", routes: ["10.89.0.0/24", "10.89.0.1"], chosen: "10.89.1" },
  { title: "a gap between two labs", routes: ["10.89.0.0/24", "10.89.2.0/24"], chosen: "10.89.1" },
  { title: "one that a wider route does not cover", routes: ["10.89.0.0/22"], chosen: "10.89.4" },
  { title: "one without a single address in use", routes: ["10.89.0.77"], chosen: "10.89.1" },
  { title: "the other range when a VPN has all of 10.0.0.0/8", routes: ["10.0.0.0/8"], chosen: "198.18.0" },
])("chooses $title", ({ routes, chosen }) => {
  expect(chooseSubnet(routes)).toBe(chosen);
});

test("rejects a machine whose routes cover everything", () => {
  expect(() => chooseSubnet(["0.0.0.0/1", "128.0.0.0/1"])).toThrow("no free subnet");
});

test("gives every machine of a lab an address of its own", () => {
  const subnet = subnetOf("10.89.7");
  const hosts = Array.from({ length: hostAddresses }, (_, index) => subnet.host(index));
  const all = [subnet.gateway, subnet.sink, subnet.client, subnet.silent, ...hosts];
  expect(new Set(all).size).toBe(all.length);
  expect(hosts[0]).toBe("10.89.7.10");
  expect(hosts.at(-1)).toBe("10.89.7.209");
});

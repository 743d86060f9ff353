import { expect, it } from "vitest";
import { containerInputs } from "../../../../../tools/offline/docker/containerInputs.ts";
import { containerOptions, nanoseconds } from "../../../../../tools/offline/docker/containerOptions.ts";

const given = { name: "it", image: "sha256:1", networkMode: "host" };

it("what is not asked for is left to the image and the engine", () => {
  const options = containerOptions(containerInputs.parse(given));
  expect(options).not.toHaveProperty("Cmd");
  expect(options).not.toHaveProperty("Entrypoint");
  expect(options).not.toHaveProperty("Healthcheck");
  expect(options).not.toHaveProperty("StopSignal");
  expect(options).not.toHaveProperty("StopTimeout");
  expect(options.HostConfig).not.toHaveProperty("CapDrop");
});

it("one port inside may have several outside", () => {
  const ports = [
    { internal: 25, external: 25, ip: "192.0.2.1" },
    { internal: 25, external: 25, ip: "2001:db8::1" },
    { internal: 53, external: 5353, protocol: "udp" },
  ];
  const options = containerOptions(containerInputs.parse({ ...given, ports }));
  expect(options.ExposedPorts).toEqual({ "25/tcp": {}, "53/udp": {} });
  expect(options.HostConfig?.PortBindings).toEqual({
    "25/tcp": [
      { HostIp: "192.0.2.1", HostPort: "25" },
      { HostIp: "2001:db8::1", HostPort: "25" },
    ],
    "53/udp": [{ HostIp: "0.0.0.0", HostPort: "5353" }],
  });
});

it.each([
  ["0s", 0],
  ["1s", 1e9],
  ["250ms", 250e6],
  ["1m30s", 90e9],
  ["1.5h", 5400e9],
])("the duration %s has %d nanoseconds", (duration, expected) => {
  expect(nanoseconds(duration)).toBe(expected);
});

it("a duration of another form is refused", () => {
  const parsed = containerInputs.safeParse({ ...given, healthcheck: { tests: ["CMD", "true"], interval: "10" } });
  expect(parsed.error?.issues[0]?.message).toBe("must be a duration such as 1m30s");
});

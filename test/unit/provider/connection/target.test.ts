import { describe, expect, test } from "vitest";
import { checkTarget, resolveRelease, resolveTarget } from "../../../../provider/connection/target.ts";

const hostKey = "ssh-ed25519 AAAA";
const args = { address: "192.0.2.1", hostKey, release: "debian13", configKey: "target" };
const configured = (target: object, more: object = {}) =>
  JSON.stringify({ target: JSON.stringify({ hostKey, ...target }), ...more });

test("the release is the present stack configuration's before that of the arguments, which may lie in an old state", () => {
  const stackConfiguration = configured({}, { release: "debian12" });
  expect(resolveRelease(args, { stackConfiguration })).toBe("debian12");
  expect(resolveRelease(args, { stackConfiguration: configured({}) })).toBe("debian13");
  expect(resolveRelease({ ...args, configKey: undefined }, { stackConfiguration })).toBe("debian13");
});

describe("the connection", () => {
  test("is the arguments' where nothing else is said, with defaults", () => {
    expect(resolveTarget(args, {})).toMatchObject({
      address: "192.0.2.1",
      port: 22,
      user: "root",
      hostKeys: [hostKey],
    });
  });

  test("is the present stack configuration's before that of the arguments, which may lie in an old state", () => {
    const stackConfiguration = configured({ address: "192.0.2.2" }, { targetPrivateKey: "KEY" });
    expect(resolveTarget(args, { stackConfiguration })).toMatchObject({ address: "192.0.2.2", privateKey: "KEY" });
  });

  test("is MAILHOST_TARGET's before all", () => {
    const target = JSON.stringify({ address: "192.0.2.3", hostKey: [hostKey, hostKey] });
    const resolved = resolveTarget(args, { target, stackConfiguration: configured({ address: "192.0.2.2" }) });
    expect(resolved).toMatchObject({ address: "192.0.2.3", hostKeys: [hostKey, hostKey] });
  });

  test("is the arguments' alone for a provider that names no key", () => {
    const { configKey: _, ...own } = args;
    const stackConfiguration = configured({ address: "192.0.2.2" });
    expect(resolveTarget(own, { stackConfiguration })).toMatchObject({ address: "192.0.2.1" });
  });

  test.each([["not JSON"], [JSON.stringify({ other: "1" })]])(
    "is the arguments' where the engine's copy of the configuration has another form: %s",
    (stackConfiguration) => {
      expect(resolveTarget(args, { stackConfiguration })).toMatchObject({ address: "192.0.2.1" });
    },
  );

  test("goes through a jump host, with defaults", () => {
    const proxyJump = { address: "192.0.2.4", user: "ops", hostKey };
    const stackConfiguration = configured({ address: "192.0.2.2", proxyJump });
    expect(resolveTarget(args, { stackConfiguration })).toMatchObject({
      address: "192.0.2.2",
      proxyJump: { address: "192.0.2.4", port: 22, user: "ops", hostKeys: [hostKey] },
    });
    expect(checkTarget({ ...args, proxyJump: { address: "192.0.2.4", user: "ops" } })).toMatchObject([
      { property: "proxyJump.hostKey" },
    ]);
  });

  test("that cannot be used is told with its source, without a key in it", () => {
    const stackConfiguration = configured({ adress: "x" }, { targetPrivateKey: "SECRET-KEY" });
    expect(() => resolveTarget(args, { stackConfiguration })).toThrow(/mailhost:target.*\n.*address/);
    expect(() => resolveTarget(args, { stackConfiguration })).not.toThrow(/SECRET-KEY/);
  });

  test("may be none, on the host itself", () => {
    expect(resolveTarget(args, { target: '{"connection":"local"}' })).toEqual({ connection: "local" });
  });
});

describe("the arguments of a provider", () => {
  test.each([
    [{ address: "192.0.2.1", hostKey, connection: "ssh" }, []],
    [{ connection: "local" }, []],
    [{ hostKey }, [{ property: "address", reason: expect.stringContaining("expected string") }]],
    [
      { connection: "local", address: "192.0.2.1", port: 22 },
      ["address", "port"].map((property) => ({
        property,
        reason: 'is used with connection "ssh" only, but the connection is "local"',
      })),
    ],
  ])("belong to one way of connecting: %j", (target, failures) => {
    expect(checkTarget({ ...target, release: "debian13", configKey: "target" })).toEqual(failures);
  });
});

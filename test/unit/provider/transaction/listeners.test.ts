import { describe, expect, test } from "vitest";
import { Host } from "../../../../provider/machine/host.ts";
import { addressesChanged, holdersOf, listenerProblems } from "../../../../provider/transaction/listeners.ts";

/** A host on which ip(8) and ss(8) have told this. */
function hostWith(...facts: string[]): Host {
  const answer = ["address 127.0.0.1", "address 192.0.2.1", "address 2001:db8::1", ...facts].join("\n");
  return new Host(
    {
      run: async (script) => {
        const isFacts = script.includes("machine-id");
        const boundary = /--[0-9a-f]{8}-[0-9a-f-]+/.exec(script)?.[0] ?? "";
        const stdout = isFacts ? `${"0".repeat(32)}\ndebian13\nDebian\n\n` : `${answer}\n\n${boundary}\n`;
        return { code: 0, stdout, stderr: "" };
      },
      close() {},
    },
    "debian13",
    "somebody",
  );
}

const held = (local: string, ...processes: string[]) =>
  `socket ${local} users:(${processes.map((name) => `("${name}",pid=1,fd=6)`).join(",")})`;

const problems = (listen: string[], ...facts: string[]) =>
  listenerProblems(hostWith(...facts), { postfix: { listen } });

describe("no problem is", () => {
  test.each([
    ["a free port", ["*:25"], []],
    ["an address of the host", ["192.0.2.1:25", "[2001:db8::1]:25"], []],
    ["an address of the host in another spelling", ["[2001:DB8:0::1]:25"], []],
    ["a port that the daemon itself holds, with its children", ["*:25"], [held("0.0.0.0:25", "smtpd", "master")]],
    ["a port that it holds with a child that is ending", ["*:25"], [held("0.0.0.0:25", "smtpd", "", "master")]],
    ["the port on another address", ["192.0.2.1:25"], [held("127.0.0.1:25", "exim4")]],
    ["another port", ["*:25"], [held("0.0.0.0:2525", "exim4")]],
  ])("%s", async (_what, listen, facts) => {
    expect(await problems(listen, ...facts)).toEqual([]);
  });
});

describe("is told with the configuration key", () => {
  test("an address that the host lacks", async () => {
    expect(await problems(["192.0.2.9:25"])).toEqual([
      "mailhost:postfix.listenAddresses: 192.0.2.9 is no address of the host; it has 127.0.0.1, 192.0.2.1, 2001:db8::1",
    ]);
  });

  test.each([
    ["on the same address", "192.0.2.1:25", "192.0.2.1:25"],
    ["on all addresses", "192.0.2.1:25", "0.0.0.0:25"],
    ["on one of all addresses", "*:25", "127.0.0.1:25"],
    ["on all addresses of both kinds", "*:25", "*:25"],
    ["on one interface", "*:25", "[fe80::1]%eth0:25"],
  ])("another program %s", async (_what, wanted, local) => {
    expect(await problems([wanted], held(local, "exim4"))).toEqual([
      `postfix needs port 25, but exim4 listens on ${local} of the host: stop and disable it, or set mailhost:postfix.listenAddresses`,
    ]);
  });
});

test("a port where TLS begins at once is looked at too", async () => {
  const steps = {
    postfix: { listen: ["*:25"], tlsListen: ["*:465"] },
    dovecot: { listen: ["*:143"], tlsListen: ["*:993"] },
  };
  const host = hostWith(held("0.0.0.0:465", "stunnel4"), held("0.0.0.0:993", "stunnel4"));
  expect(await listenerProblems(host, steps)).toEqual([
    "postfix needs port 465, but stunnel4 listens on 0.0.0.0:465 of the host: stop and disable it, or set mailhost:postfix.submissions to false",
    "dovecot needs port 993, but stunnel4 listens on 0.0.0.0:993 of the host: stop and disable it, or set mailhost:dovecot.imaps to false",
  ]);
});

describe("a listener moves, which a reload cannot do,", () => {
  test.each([
    ["to another address of the same port", ["*:25"], ["192.0.2.1:25"], true],
    ["not when it is added", ["*:25"], ["*:25", "*:587"], false],
    ["not when it is removed", ["*:25", "*:587"], ["*:25"], false],
    ["not to another spelling of the address", ["[2001:DB8:0::1]:25"], ["[2001:db8::1]:25"], false],
    ["not when nothing is known of before", undefined, ["*:25"], false],
  ])("%s", (_what, before, wanted, moved) => {
    expect(addressesChanged(before && { listen: before }, { listen: wanted })).toBe(moved);
    expect(addressesChanged(before && { listen: [], tlsListen: before }, { listen: [], tlsListen: wanted })).toBe(
      moved,
    );
  });
});

test("what holds a port is told with each of its sockets", async () => {
  const others = [held("0.0.0.0:8080", "java"), held("127.0.0.1:25", "exim4")];
  const host = hostWith(held("0.0.0.0:80", "nginx", "nginx"), held("[::]:80", "nginx"), held("*:80", ""), ...others);
  expect(await holdersOf(host, 80)).toEqual([
    "nginx listens on 0.0.0.0:80",
    "nginx listens on [::]:80",
    "another program listens on *:80",
  ]);
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as resources from "../../resources/index.ts";
import type { TestHost } from "../../tools/testhost/host.ts";
import { createLab, type Lab } from "../../tools/testhost/lab.ts";
import { waitUntil } from "../../tools/testhost/waiting.ts";
import { shell, targetOf } from "../helpers/providerHost.ts";
import { failure, ProviderStack } from "../helpers/providerStack.ts";
import { release } from "../helpers/release.ts";

let lab: Lab;
let host: TestHost;
let stack: ProviderStack;
let packages: string[];
/** Package to a version, where it is not any. */
let demanded: Readonly<Record<string, string>> = {};

beforeAll(async () => {
  lab = await createLab();
  host = await lab.startHost({ release });
  stack = await ProviderStack.create({
    program: async () => {
      const provider = new resources.Provider("target", targetOf(host));
      new resources.Packages(
        "packages",
        { packages: Object.fromEntries(packages.map((name) => [name, demanded[name] ?? "*"])) },
        { provider },
      );
    },
  });
});

afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await lab?.remove();
});

/** Locks a file as apt-get does, says so by making another one, and stays. */
const holdLock = `
open(my $lock, ">>", $ARGV[0]) or die;
my $whole = pack("s s x4 q q i x4", F_WRLCK, 0, 0, 0, 0);
fcntl($lock, F_SETLK, $whole) or die;
open(my $held, ">", "/run/held") or die;
sleep;
`;

test.each([
  ["updates the lists of packages, as a new machine does by itself", "/var/lib/apt/lists/lock", ["hello"]],
  ["installs upgrades", "/var/lib/dpkg/lock-frontend", ["hello", "tree"]],
  ["fetches packages", "/var/cache/apt/archives/lock", ["hello", "tree", "bc"]],
])(
  "an installation waits for whoever %s, says who that is, and lets daemons start there",
  async (_who, lock, wanted) => {
    const succeeds = async (command: string) => (await host.run(command)).code === 0 || undefined;
    await shell(host, "find /var/lib/apt/lists -type f -delete; rm -f /run/held");
    await shell(host, "cat >/run/hold-lock.pl", holdLock);
    await shell(host, `systemd-run --quiet --unit=lock perl -MFcntl /run/hold-lock.pl ${lock}`);
    await waitUntil(() => succeeds("test -e /run/held"), { what: "the lock", timeoutMs: 60_000 });
    const holder = await shell(host, "systemctl show --property=MainPID --value lock");

    packages = wanted;
    const deployed = stack.up();
    // What apt-get says goes to a file, until an attempt succeeds.
    await waitUntil(() => succeeds("grep -qs 'Could not get lock' /tmp/tmp.*"), {
      what: "apt-get to meet the lock",
      timeoutMs: 600_000,
    });
    // 101 forbids it: https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt
    const policy = "/usr/sbin/policy-rc.d cron start || echo $?";
    expect(await shell(host, `${policy}; export MAILHOST_INSTALLS=yes; ${policy}`)).toBe("101");
    await shell(host, "systemctl stop lock");

    expect((await deployed).output).toContain(
      `waiting for another installation on the host to end: perl (process ${holder})`,
    );
    expect(await shell(host, "hello; ls /usr/sbin/policy-rc.d 2>/dev/null || true")).toBe("Hello, world!");
  },
);

test("another version than the one that is demanded is told in a preview, and why", async () => {
  demanded = { hello: "1.*" };
  const { steps, output } = await stack.preview();
  expect(steps.packages).toMatchObject({ op: "update", paths: ["packages.hello"] });
  expect(output).toMatch(/hello on the host is 2\.\S+, and not 1\.\* as this configuration is written for/);
  demanded = {};
});

test("a daemon is not started by the installation of its package, and is stopped by the removal", async () => {
  packages = ["hello", "rsyslog"];
  await stack.up();
  const processes = "pgrep -x rsyslogd || true";
  expect(await shell(host, processes)).toBe("");

  await shell(host, "systemctl start rsyslog");
  expect(await shell(host, processes)).not.toBe("");
  await stack.destroy();
  expect(await shell(host, processes)).toBe("");
});

describe("another mail server that is installed and does not run", () => {
  const says =
    /exim4-base, exim4-config, exim4-daemon-light on the host cannot stay beside postfix, .*: apt-get remove exim4-base exim4-config exim4-daemon-light/;

  beforeAll(async () => {
    await shell(
      host,
      "apt-get -qq -y --no-install-recommends install exim4-daemon-light >/dev/null 2>&1 && systemctl stop exim4",
    );
    packages = ["postfix"];
  });

  test("is named in a preview, with the command that removes it", async () => {
    expect(await failure(stack.preview())).toMatch(says);
  });

  test("is named by up where a preview cannot tell yet, for want of lists of packages", async () => {
    await shell(host, "find /var/lib/apt/lists -type f -delete");
    await stack.preview();
    expect(await failure(stack.up())).toMatch(says);
    expect(await shell(host, "dpkg -l exim4-daemon-light | tail -n 1 | cut -c1-2")).toBe("ii");
  });

  test("is out of the way after that command", async () => {
    await shell(host, "apt-get -qq -y remove exim4-base exim4-config exim4-daemon-light >/dev/null 2>&1");
    await stack.up();
    expect((await stack.preview()).steps).toEqual({});
    await stack.destroy();
  });
});

import { hostname, userInfo } from "node:os";
import { kill } from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TestHost } from "../../tools/testhost/host.ts";
import { createLab, type Lab } from "../../tools/testhost/lab.ts";
import { waitUntil } from "../../tools/testhost/waiting.ts";
import { HeldSessions } from "../../tools/traffic/heldSessions.ts";
import { type MessageStream, streamMessages } from "../../tools/traffic/messageStream.ts";
import { gapsDuring } from "../../tools/traffic/portWatch.ts";
import { type MailHostSettings, mailHost, paths } from "../fixtures/mailHost/program.ts";
import { selfSignedCertificate } from "../helpers/certificate.ts";
import { configurationOf, shell, silentPorts, targetOf } from "../helpers/providerHost.ts";
import { failure, ProviderStack, type UpOptions } from "../helpers/providerStack.ts";
import { release } from "../helpers/release.ts";

let lab: Lab;
let host: TestHost;
let stack: ProviderStack;
let settings: MailHostSettings;
let messages: MessageStream;

/** What a change runs in each of its steps: the command with which it is stopped there, as a pattern of sh(1). */
const steps = {
  stage: "install *.mailhost-stage/etc/postfix/main.cf*",
  check: "postconf -c *.mailhost-stage/*",
  swap: "mv *.mailhost-stage/etc/postfix/main.cf /*",
  activate: "postfix reload",
  probe: "doveconf -h *",
  undo: "mv *.mailhost-stage/before/etc/dovecot/dovecot.conf /*",
  // After the change, but before the provider hears of its end.
  keep: "mv -T /var/lib/mailhost/previous/new *",
};

/** A host in use: messages come in all the while. */
beforeAll(async () => {
  lab = await createLab();
  host = await lab.startHost({ release, isFurnished: true });
  settings = { target: targetOf(host), certificate: selfSignedCertificate(), mailboxes: ["alice", "bob"] };
  stack = await ProviderStack.create({ program: async () => mailHost(settings) });
  await stack.up();
  const programs = [...new Set(Object.values(steps).map((pattern) => pattern.split(" ")[0]))].join(" ");
  await shell(
    host,
    `cat >/usr/local/sbin/breakpoint && chmod +x /usr/local/sbin/breakpoint
     for program in ${programs}; do ln -s breakpoint /usr/local/sbin/$program; done`,
    breakpoint,
  );
  messages = streamMessages(lab.client, host, "alice@domain.tld");
});

afterAll(async () => {
  messages?.[Symbol.dispose]();
  await stack?.[Symbol.asyncDispose]();
  await lab?.remove();
});

/** Stands before programs of the host, and stops once where a test has said. What is said is forgotten with the power. */
const breakpoint = `#!/bin/sh
PATH=/usr/sbin:/usr/bin
name=\${0##*/}
case "$name $*" in
  $(cat /run/breakpoint 2>/dev/null))
    rm /run/breakpoint
    echo >/run/stopped
    until [ -e /run/go-on ]; do sleep 0.1; done
    ;;
esac
exec "$name" "$@"
`;

let mark = 20_000_000;

/** Wants another value in the files of both daemons. */
function wantAnother(edit: NonNullable<MailHostSettings["edit"]> = {}): void {
  mark += 1;
  const { [paths.mainCf]: mainCf, ...others } = edit;
  settings = {
    ...settings,
    edit: {
      [paths.mainCf]: (text) => `${mainCf?.(text) ?? text}message_size_limit = ${mark}\n`,
      [paths.dovecotConf]: (text) => `${text}mail_max_userip_connections = ${mark}\n`,
      ...others,
    },
  };
}

const inForce = () => shell(host, "postconf -h message_size_limit; doveconf -h mail_max_userip_connections");

/** Deploys the other value, does `work` while that is stopped in a step, and returns how the deployment failed, if it did. */
async function stoppedIn(
  step: keyof typeof steps,
  work: (deployment: Promise<unknown>) => Promise<unknown>,
  options: UpOptions = {},
) {
  await shell(host, "rm -f /run/stopped /run/go-on && cat >/run/breakpoint", steps[step]);
  const deployment = stack.up(options).then(
    () => undefined,
    (error: unknown) => String(error),
  );
  const ended = deployment.then((failed = "it succeeded") => {
    throw new Error(`the deployment ended before it was stopped: ${failed}`);
  });
  await Promise.race([ended, shell(host, "timeout 300 sh -c 'until [ -e /run/stopped ]; do sleep 0.1; done'")]);
  await work(deployment);
  return deployment;
}

const goOn = () => shell(host, "echo >/run/go-on; while systemctl -q is-active mailhost-txn; do sleep 0.1; done");

/** Nothing more has to be done by hand, and the wanted configuration is there. */
async function nextDeploymentSucceeds(): Promise<void> {
  await stack.up();
  expect(await inForce()).toBe(`${mark}\n${mark}`);
  expect(await silentPorts(host)).toEqual([]);
  expect((await stack.preview()).steps).toEqual({});
}

async function killProcesses(command: RegExp): Promise<void> {
  const found = [...stack.processes()].filter(([, line]) => command.test(line));
  expect(found).not.toEqual([]);
  for (const [pid] of found) kill(pid, "SIGKILL");
}

const cuts = {
  "the connection breaks": () => shell(host, "kill -KILL $(pgrep --full '^sshd(-session)?: root')"),
  "the provider is killed": () => killProcesses(/provider\/main\.ts/),
  "the engine is killed": () => killProcesses(/^\S*\/pulumi /),
};

// To the host each is the same: the connection is gone. What it is gone at, command by command, is a matter of
// test/unit/provider/transaction/transactionShell.test.ts.
describe.each(Object.keys(cuts) as (keyof typeof cuts)[])("%s", (what) => {
  let sessions: HeldSessions;

  beforeAll(async () => {
    sessions = await HeldSessions.open(lab.client, host, { user: "bob@domain.tld", pass: "correct horse" }, 2);
  });

  afterAll(() => {
    sessions?.[Symbol.dispose]();
  });

  test.each(["stage", "check", "swap", "activate", "probe"] as const)(
    "during the step %s: the change goes on without it, is what the next one finds, and no client notices",
    async (step) => {
      wantAnother();
      const gaps = await gapsDuring(lab.client, host, async () => {
        const failed = await stoppedIn(step, async (deployment) => {
          await cuts[what]();
          await deployment;
          await goOn();
        });
        expect(failed).toBeDefined();
        expect(await inForce()).toBe(`${mark}\n${mark}`);
        // The engine holds the stack's lock, and says so.
        if (what === "the engine is killed") {
          await expect.poll(() => [...stack.processes()], { timeout: 60_000 }).toEqual([]);
          if (step === "stage") expect(await failure(stack.up())).toContain("pulumi cancel");
          await stack.cancel();
        }
        expect((await stack.up()).steps).toEqual({});
      });
      expect(await inForce()).toBe(`${mark}\n${mark}`);
      expect(gaps).toEqual([]);
      expect(await sessions.lost()).toBe(0);
    },
  );

  test("in the end nothing is left to do", async () => {
    expect((await stack.preview()).steps).toEqual({});
  });
});

test("a file that came with a change that nobody was told the end of goes when it is dropped, even if that change is killed first", async () => {
  const added = "/etc/postfix/added";
  const present = () => shell(host, `ls -d ${added} /etc/.mailhost-* 2>/dev/null || true`);
  wantAnother();
  settings = { ...settings, extraFiles: { [added]: "of the test\n" } };
  await stoppedIn("keep", async (deployment) => {
    await cuts["the provider is killed"]();
    await deployment;
    await goOn();
  });
  expect(await present()).toContain(added);

  wantAnother();
  settings = { ...settings, extraFiles: {} };
  await stoppedIn("activate", async () => {
    expect(await present()).not.toContain(added);
    await shell(host, "systemctl kill --signal=KILL mailhost-txn");
  });
  expect((await stack.up()).output).toContain("it is undone first");
  expect(await present()).toBe("");
  expect((await stack.preview()).steps).toEqual({});
});

describe("when the power is lost", () => {
  test.each([
    ["between two renames", "swap", {}],
    ["while the daemons are told", "activate", {}],
    // Nothing listens on 587 then.
    [
      "in the middle of an undo",
      "undo",
      { [paths.masterCf]: (text: string) => text.replace(/^submission inet/m, "465 inet") },
    ],
  ] as const)("%s: the configuration of before is there when the host starts", async (_when, step, edit) => {
    const before = await configurationOf(host);
    wantAnother(edit);
    await stoppedIn(step, () => host.cutPower());
    await host.powerOn();
    expect(await configurationOf(host)).toBe(before);
    expect(await silentPorts(host)).toEqual([]);
    wantAnother();
    await nextDeploymentSucceeds();
  });
});

describe("a deployment", () => {
  test("is interrupted by Control-C: what has begun on the host goes on", async () => {
    wantAnother();
    const interrupt = new AbortController();
    const failed = await stoppedIn(
      "swap",
      async (deployment) => {
        interrupt.abort();
        await deployment;
        await goOn();
      },
      { signal: interrupt.signal },
    );
    expect(failed).toBeDefined();
    expect(await inForce()).toBe(`${mark}\n${mark}`);
    await nextDeploymentSucceeds();
  });

  test("is cancelled by pulumi cancel: it goes on", async () => {
    wantAnother();
    const failed = await stoppedIn("activate", async () => {
      await stack.cancel();
      await goOn();
    });
    expect(failed).toBeUndefined();
    expect(await inForce()).toBe(`${mark}\n${mark}`);
    await nextDeploymentSucceeds();
  });

  test("from elsewhere at the same time is refused, and told whose it is", async () => {
    wantAnother();
    await using other = await ProviderStack.create({ program: async () => mailHost(settings) });
    const failed = await stoppedIn("check", async () => {
      expect(await failure(other.up())).toContain(
        `another deployment is changing this host: ${userInfo().username} at ${hostname()}, since `,
      );
      await goOn();
    });
    expect(failed).toBeUndefined();
    await nextDeploymentSucceeds();
  });
});

describe("configurations that were in force", () => {
  const previous = "/var/lib/mailhost/previous";
  const kept = () => shell(host, `ls ${previous}`);

  test("are kept, the last five, for root alone", async () => {
    wantAnother();
    await stack.up();
    const numbers = (await kept()).split("\n").map(Number);
    const youngest = Math.max(...numbers);
    expect(numbers.toSorted((a, b) => a - b)).toEqual([4, 3, 2, 1, 0].map((before) => youngest - before));
    expect(youngest).toBeGreaterThan(5);
    expect(await shell(host, `find ${previous} -maxdepth 1 -perm /077; find ${previous} ! -user root`)).toBe("");
    expect(
      await shell(host, `cd ${previous}/${youngest} && find . -type f | sort && cat ./${paths.mainCf} | tail -n 1`),
    ).toBe(
      [
        ...[paths.aliases, paths.dovecotConf, paths.mainCf, paths.masterCf, paths.certificate].map(
          (path) => `.${path}`,
        ),
        "./set.json",
        "./until",
        `message_size_limit = ${mark - 1}`,
      ].join("\n"),
    );
  });

  test("do not keep a change from being made where there is no room for them", async () => {
    await shell(host, `mount -t tmpfs -o size=4k tmpfs ${previous} && head -c 4096 /dev/zero >${previous}/full`);
    wantAnother();
    try {
      expect((await stack.up()).output).toContain("could not be kept for a roll-back");
      expect(await kept()).toBe("full");
    } finally {
      await shell(host, `umount ${previous}`);
    }
    await nextDeploymentSucceeds();
  });
});

test("of all messages that the host has taken meanwhile, none is lost", async () => {
  await waitUntil(async () => messages.taken() >= 500 || undefined, { what: "500 messages", timeoutMs: 300_000 });
  const { taken, lost } = await messages.end();
  expect(lost).toEqual([]);
  expect(taken).toBeGreaterThanOrEqual(500);
});

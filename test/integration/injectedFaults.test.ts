import { X509Certificate } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { TestHost } from "../../tools/testhost/host.ts";
import { createLab, type Lab } from "../../tools/testhost/lab.ts";
import { waitUntil } from "../../tools/testhost/waiting.ts";
import { HeldSessions } from "../../tools/traffic/heldSessions.ts";
import { type MessageStream, streamMessages } from "../../tools/traffic/messageStream.ts";
import { type Gap, gapsDuring } from "../../tools/traffic/portWatch.ts";
import { type MailHostSettings, mailHost, paths } from "../fixtures/mailHost/program.ts";
import { selfSignedCertificate } from "../helpers/certificate.ts";
import { configurationOf, shell, silentPorts, targetOf } from "../helpers/providerHost.ts";
import { failure, ProviderStack } from "../helpers/providerStack.ts";
import { compiled, mapType, release } from "../helpers/release.ts";

let lab: Lab;
let host: TestHost;
let stack: ProviderStack;
let working: MailHostSettings;
let settings: MailHostSettings;
let messages: MessageStream;
let sessions: HeldSessions;

/** A host in use: messages come in all the while, and mail programs stay logged in. */
beforeAll(async () => {
  lab = await createLab();
  host = await lab.startHost({ release, isFurnished: true });
  // chattr(1)
  await shell(host, "apt-get -q -y install --no-install-recommends e2fsprogs >/dev/null 2>&1");
  working = { target: targetOf(host), certificate: selfSignedCertificate(), mailboxes: ["alice", "bob"] };
  settings = working;
  stack = await ProviderStack.create({ program: async () => mailHost(settings), isServed: true });
  await stack.up();
  messages = streamMessages(lab.client, host, "alice@domain.tld");
  await logIn();
});

afterAll(async () => {
  messages?.[Symbol.dispose]();
  sessions?.[Symbol.dispose]();
  await stack?.[Symbol.asyncDispose]();
  await lab?.remove();
});

beforeEach(() => {
  settings = working;
});

async function logIn(): Promise<void> {
  sessions?.[Symbol.dispose]();
  sessions = await HeldSessions.open(lab.client, host, { user: "bob@domain.tld", pass: "correct horse" }, 2);
}

/** What the two daemons' files say of {@link both}. */
const inForce = () => shell(host, "postconf -h message_size_limit; doveconf -h mail_max_userip_connections");

let lastMark = 20_000_000;

/** Changes the files of both daemons; {@link inForce} says then what comes back here. */
function changeBoth(): string {
  lastMark += 1;
  const mark = lastMark;
  settings = {
    ...working,
    edit: {
      [paths.mainCf]: (text) => `${text}message_size_limit = ${mark}\n`,
      [paths.dovecotConf]: (text) => `${text}mail_max_userip_connections = ${mark}\n`,
    },
  };
  return `${mark}\n${mark}`;
}

/** The fault that is there: what it has put before programs of the host has to go in the end. */
const injected = "/usr/local/sbin";

/** Has a command run once, on the host, just before a program is run with arguments of that pattern, as sh's `case` has it. */
async function justBefore(program: string, pattern: string, command: string): Promise<void> {
  const text = `#!/bin/sh
case "$*" in
  ${pattern}) [ -e /run/injected ] || { : >/run/injected; { ${command}; } >/run/injected 2>&1; } ;;
esac
exec "$(PATH=/usr/sbin:/usr/bin command -v ${program})" "$@"
`;
  await shell(host, `rm -f /run/injected && cat >${injected}/${program} && chmod +x ${injected}/${program}`, text);
}

/** The steps of a change, as a program and the arguments that it is first run with in it. */
const steps = {
  staging: ["install", "*/etc/.mailhost-stage/*"],
  keeping: ["cp", "-aL*"],
  swapping: ["mv", "'-fT -- /etc/.mailhost-stage/etc/'*"],
  reloadingDovecot: ["doveadm", "reload"],
  reloadingPostfix: ["postfix", "reload"],
} as const;

function atThe(step: keyof typeof steps, command: string): Promise<void> {
  const [program, pattern] = steps[step];
  return justBefore(program, pattern, command);
}

async function expectInjected(): Promise<void> {
  expect(await shell(host, "cat /run/injected")).toBe("");
}

afterEach(async () => {
  await shell(host, `find ${injected} -type f -delete`);
});

interface Failed {
  message: string;
  gaps: Gap[];
}

/** A deployment that must fail, after which the previous configuration is in force. */
async function failsAndIsUndone(): Promise<Failed> {
  const before = await configurationOf(host);
  let message = "";
  const gaps = await gapsDuring(lab.client, host, async () => {
    message = await failure(stack.up());
  });
  expect(await configurationOf(host)).toBe(before);
  expect(await silentPorts(host)).toEqual([]);
  expect(await shell(host, "find /etc -name '*mailhost-*'")).toBe("");
  return { message, gaps };
}

/** The same where the daemons never heard of it. */
async function isRefused(): Promise<string> {
  const { message, gaps } = await failsAndIsUndone();
  expect(gaps).toEqual([]);
  expect(await sessions.lost(), message).toBe(0);
  return message;
}

/** A deployment that succeeds by reloads alone, whatever is in its way. */
async function succeeds(marks: string): Promise<void> {
  const gaps = await gapsDuring(lab.client, host, () => stack.up());
  expect(await inForce()).toBe(marks);
  expect(gaps).toEqual([]);
  expect(await sessions.lost()).toBe(0);
}

describe("a file that is to be replaced", () => {
  test("is immutable: nothing is, and the file is named", async () => {
    const marks = changeBoth();
    await shell(host, `chattr +i ${paths.mainCf}`);
    try {
      const message = await isRefused();
      expect(message).toContain(`${paths.mainCf} could not be replaced`);
      expect(message).toContain("The previous configuration is back in force");
    } finally {
      await shell(host, `chattr -i ${paths.mainCf}`);
    }
    await succeeds(marks);
  });

  test("is a link of an administrator: it stays one, and what it leads to is replaced", async () => {
    await shell(host, `mv ${paths.mainCf} /srv/main.cf && ln -s /srv/main.cf ${paths.mainCf}`);
    await succeeds(changeBoth());
    expect(await shell(host, `readlink ${paths.mainCf} && grep -c message_size_limit /srv/main.cf`)).toBe(
      "/srv/main.cf\n1",
    );
    await shell(host, `mv -T /srv/main.cf ${paths.mainCf}`);
  });
});

describe("a certificate", () => {
  test("without its key is refused", async () => {
    settings = { ...working, certificate: new X509Certificate(working.certificate).toString() };
    const message = await isRefused();
    expect(message).toContain(paths.certificate);
    expect(message).toContain("refused the staged configuration; the running one is unchanged");
  });

  test("with the key of another is refused", async () => {
    const [key = ""] = selfSignedCertificate().split(/(?=-+BEGIN CERTIFICATE)/);
    settings = { ...working, certificate: key + new X509Certificate(working.certificate).toString() };
    expect(await isRefused()).toContain("refused the staged configuration; the running one is unchanged");
  });
});

describe("activation", () => {
  test("within two seconds of a start of both daemons goes well", async () => {
    const marks = changeBoth();
    await atThe("swapping", "systemctl restart postfix dovecot");
    await stack.up();
    await expectInjected();
    expect(await inForce()).toBe(marks);
    expect(await silentPorts(host)).toEqual([]);
    await logIn();
  });

  const ports = [
    {
      daemon: "dovecot",
      step: "reloadingDovecot",
      port: 1143,
      wanted: () => ({
        edit: {
          [paths.dovecotConf]: (text: string) =>
            text.replace("port = 143", "port = 143\n  }\n  inet_listener second {\n    port = 1143"),
        },
        listen: { postfix: ["*:25", "*:587"], dovecot: ["*:143", "*:1143"] },
      }),
    },
    {
      daemon: "postfix",
      step: "reloadingPostfix",
      port: 2525,
      wanted: () => ({
        edit: { [paths.masterCf]: (text: string) => `${text}2525 inet n - y - - smtpd\n` },
        listen: { postfix: ["*:25", "*:587", "*:2525"], dovecot: ["*:143"] },
      }),
    },
  ] as const;

  test.each(ports)("of a port of $daemon that was taken after the check", async ({ daemon, step, port, wanted }) => {
    settings = { ...working, ...wanted() };
    await atThe(step, `systemd-run --quiet --unit=taken --socket-property=ListenStream=${port} cat`);
    const { message } = await failsAndIsUndone();
    await expectInjected();
    expect(message).toContain(`${port}`);
    expect(message).toContain(`${daemon} does not work with the new configuration`);
    expect(message).toContain("The previous configuration is back in force");
    await shell(host, "systemctl stop taken.socket");
    await stack.up();
    expect(await silentPorts(host)).toEqual([]);
    settings = working;
    await stack.up();
    await logIn();
  });

  test("of a daemon that does not come back: the old files are back, and the message says where to look", async () => {
    const marks = changeBoth();
    const dropIn = "/etc/systemd/system/dovecot.service.d/broken.conf";
    await shell(
      host,
      `mkdir -p $(dirname ${dropIn}) && printf '[Service]\\nExecStartPre=/bin/false\\n' >${dropIn} && systemctl daemon-reload`,
    );
    await atThe("reloadingDovecot", "systemctl kill --signal=KILL dovecot");
    const before = await configurationOf(host);
    const message = await failure(stack.up());
    await expectInjected();
    expect(await configurationOf(host)).toBe(before);
    expect(message).toContain("dovecot does not work with the new configuration");
    expect(message).toContain("THE PREVIOUS CONFIGURATION IS NOT BACK IN FORCE. Its files are");
    expect(message).toMatch(/^ *systemctl status .*dovecot/m);
    expect(await shell(host, "find /etc -name '*mailhost-*'")).toBe("");
    await shell(host, `rm ${dropIn} && systemctl daemon-reload`);
    await stack.up();
    expect(await inForce()).toBe(marks);
    expect(await silentPorts(host)).toEqual([]);
    await logIn();
  });
});

describe("addresses", () => {
  const virtual = compiled("/etc/postfix/virtual");
  test.each([
    [
      "a table that is no table any more",
      "aliases",
      `head -c 8192 /dev/urandom >/root/noise && cp /root/noise ${virtual}.new && mv ${virtual}.new ${virtual}`,
    ],
    [
      "a malformed line in a passwd file",
      'users["domain.tld"]',
      `printf 'no colon, no user\\n:::\\n' >>${paths.passwd}`,
    ],
  ])(
    "%s: the preview shows it, and a deployment that changes the configuration too mends it",
    async (_what, property, damage) => {
      const marks = changeBoth();
      await shell(host, damage);
      expect((await stack.preview()).steps.addresses?.paths).toContain(property);
      await stack.up();
      expect((await stack.preview()).steps).toEqual({});
      expect(await inForce()).toBe(marks);
      expect(
        await shell(
          host,
          `postmap -q alice@domain.tld ${mapType}:/etc/postfix/vmailbox; postmap -q postmaster@domain.tld ${mapType}:/etc/postfix/virtual`,
        ),
      ).toBe("alice@domain.tld\nalice@domain.tld");
      expect(await sessions.lost()).toBe(0);
    },
  );
});

test("a thousand messages that wait in the queue survive reloads, and each arrives once", async () => {
  const waiting = 1000;
  settings = { ...working, edit: { [paths.mainCf]: (text) => `${text}defer_transports = lmtp\n` } };
  await stack.up();
  await shell(host, `smtp-source -c -s 10 -m ${waiting} -f waiting@elsewhere.example -t bob@domain.tld 127.0.0.1:25`);
  const queued = await shell(host, "postqueue -j | grep -c bob@domain.tld");
  expect(Number(queued)).toBe(waiting);
  const marks = changeBoth();
  await succeeds(marks);
  // Dovecot's index holds senders too.
  const delivered = async () =>
    Number(
      await shell(host, "grep -rl --exclude='dovecot*' waiting@elsewhere.example /var/vmail/domain.tld/bob | wc -l"),
    );
  await waitUntil(
    async () => {
      await shell(host, "postqueue -f");
      return (await shell(host, "postqueue -j")).includes("bob@domain.tld") ? undefined : true;
    },
    { what: "the end of the queue", timeoutMs: 300_000 },
  );
  expect(await delivered()).toBe(waiting);
});

describe("a file system of /etc", () => {
  /** /etc becomes a file system of its own, whose limits can be moved. */
  beforeAll(async () => {
    await shell(
      host,
      "mkdir /run/etc && mount -t tmpfs -o mode=755 tmpfs /run/etc && cp -a /etc/. /run/etc && mount --bind /run/etc /etc && umount /run/etc && systemctl daemon-reload && systemctl restart postfix dovecot",
    );
    await logIn();
  });

  /** No room for a byte, or for a file, more than there is. */
  const limits = {
    "is full": "size=$(($(df -B 4096 --output=used /etc | tail -n 1) * 4))k",
    "has no inode left": "nr_inodes=$(df --output=iused /etc | tail -n 1 | tr -d ' ')",
  } as const;
  const limit = (kind: keyof typeof limits) => `mount -o remount,${limits[kind]} /etc`;
  async function allow(): Promise<void> {
    await shell(host, "mount -o remount,size=64m,nr_inodes=100000 /etc");
  }

  afterEach(allow);

  describe.each(["is full", "has no inode left"] as const)("that %s", (kind) => {
    test.each([
      ["staged", "staging"],
      ["kept", "keeping"],
    ] as const)("when files are %s keeps the old configuration, and says so", async (_what, step) => {
      const marks = changeBoth();
      await atThe(step, limit(kind));
      const message = await isRefused();
      await expectInjected();
      expect(message).toMatch(/the file system at \/etc of the host (?:is full|has \d+ inodes left)/);
      await allow();
      await succeeds(marks);
    });

    test("when files are replaced does not hinder that", async () => {
      const marks = changeBoth();
      await atThe("swapping", limit(kind));
      await succeeds(marks);
      await expectInjected();
    });

    test("when addresses change keeps the old ones", async () => {
      settings = { ...working, mailboxes: ["alice", "bob", "carol"] };
      await shell(host, limit(kind));
      const message = await isRefused();
      expect(message).toMatch(/the file system at \/etc of the host (?:is full|has \d+ inodes left)/);
      await allow();
      await stack.up();
      settings = working;
      await stack.up();
    });
  });

  /** All that lies in /etc becomes read-only; {@link makeWritable} takes that back. */
  const makeReadOnly = "mount --bind /etc /etc && mount -o remount,bind,ro /etc";
  async function makeWritable(): Promise<void> {
    await shell(host, "umount --lazy /etc");
  }

  test("that is read-only keeps the old configuration, and is named", async () => {
    const marks = changeBoth();
    await shell(host, makeReadOnly);
    try {
      expect(await isRefused()).toContain("Read-only file system");
    } finally {
      await makeWritable();
    }
    await succeeds(marks);
  });

  test("that becomes read-only before the files can come back: the commands that are told bring them back", async () => {
    const marks = changeBoth();
    const before = await configurationOf(host);
    // The second file can neither be replaced, nor can the first one come back.
    await justBefore("mv", `*' ${paths.mainCf}'`, makeReadOnly);
    const message = await failure(stack.up());
    await expectInjected();
    expect(message).toContain(`${paths.mainCf} could not be replaced`);
    expect(message).toContain("THE PREVIOUS CONFIGURATION IS NOT BACK IN FORCE");
    expect(await configurationOf(host)).not.toBe(before);
    await makeWritable();
    const lines = message.split("\n").map((line) => line.trim());
    // The engine says it twice.
    const commands = new Set(lines.filter((line) => /^(?:mv|rm) /.test(line)));
    expect(commands.size).toBeGreaterThan(0);
    await shell(host, `set -e\n${[...commands].join("\n")}`);
    expect(await configurationOf(host)).toBe(before);
    await succeeds(marks);
  });
});

test("of all messages that the host has taken meanwhile, none is lost", async () => {
  await waitUntil(async () => messages.taken() >= 500 || undefined, { what: "500 messages", timeoutMs: 300_000 });
  const { taken, lost } = await messages.end();
  expect(lost).toEqual([]);
  expect(taken).toBeGreaterThanOrEqual(500);
});

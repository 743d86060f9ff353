import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { TestHost } from "../../tools/testhost/host.ts";
import { createLab, type Lab } from "../../tools/testhost/lab.ts";
import { type MessageStream, streamMessages } from "../../tools/traffic/messageStream.ts";
import { gapsDuring } from "../../tools/traffic/portWatch.ts";
import { type MailHostSettings, mailHost, paths } from "../fixtures/mailHost/program.ts";
import { selfSignedCertificate } from "../helpers/certificate.ts";
import { LineConnection } from "../helpers/lineConnection.ts";
import { configurationOf, masterProcesses, shell, silentPorts, targetOf } from "../helpers/providerHost.ts";
import { failure, ProviderStack } from "../helpers/providerStack.ts";
import { compiled, ofRelease, release } from "../helpers/release.ts";

let lab: Lab;
let host: TestHost;
let stack: ProviderStack;
let working: MailHostSettings;
let settings: MailHostSettings;
let messages: MessageStream;

/** What the engine printed of the host as it was, and the files that it had. */
let firstPreview: string;
let originals: string;
const originalFiles = "cat /etc/postfix/main.cf /etc/postfix/virtual; stat -c '%n %U:%G %a' /etc/postfix/virtual";

/**
 * A host whose administrator reads German and lets nobody read what is written, with a log and a Postfix of its own. Messages
 * come in from the first deployment on.
 */
beforeAll(async () => {
  lab = await createLab();
  host = await lab.startHost({ release });
  await shell(
    host,
    `export DEBIAN_FRONTEND=noninteractive
     apt-get -q -y install --no-install-recommends locales rsyslog postfix >/dev/null 2>&1
     postconf -e 'message_size_limit = 12345678' 'virtual_alias_maps = texthash:/etc/postfix/virtual'
     echo 'info@elsewhere.example root' >/etc/postfix/virtual
     chmod 600 /etc/postfix/virtual
     echo 'umask 077' | tee -a /etc/profile >>/root/.bashrc
     sed -i 's/^UMASK.*/UMASK 077/' /etc/login.defs
     echo 'session optional pam_umask.so umask=077' >>/etc/pam.d/common-session
     localedef -i de_DE -f UTF-8 de_DE.UTF-8
     echo LANG=de_DE.UTF-8 >/etc/default/locale`,
  );
  await host.reboot();
  working = { target: targetOf(host), certificate: selfSignedCertificate(), mailboxes: ["alice"] };
  settings = working;
  stack = await ProviderStack.create({ program: async () => mailHost(settings), isServed: true });
  originals = await shell(host, originalFiles);
  firstPreview = (await stack.preview()).output;
  await stack.up();
  messages = streamMessages(lab.client, host, "alice@domain.tld");
});

afterAll(async () => {
  messages?.[Symbol.dispose]();
  await stack?.[Symbol.asyncDispose]();
  await lab?.remove();
});

beforeEach(() => {
  settings = working;
});

const configuration = () => configurationOf(host);

/** What the two daemons' files say of {@link both}. */
const inForce = () => shell(host, "postconf -h message_size_limit; doveconf -h mail_max_userip_connections");

/** Changes the files of both daemons. */
const both = (mark: number): NonNullable<MailHostSettings["edit"]> => ({
  [paths.mainCf]: (text) => `${text}message_size_limit = ${mark}\n`,
  [paths.dovecotConf]: (text) => `${text}mail_max_userip_connections = ${mark}\n`,
});

/** Fails, and then the previous configuration is in force. */
async function failsAndIsUndone(): Promise<string> {
  const before = await configuration();
  const message = await failure(stack.up());
  expect(await configuration()).toBe(before);
  expect(await silentPorts(host)).toEqual([]);
  expect(await shell(host, "find /etc -name '*mailhost-*'")).toBe("");
  return message;
}

/** The same where the daemons never hear of it: no client notices. */
async function isRefused(): Promise<string> {
  let message = "";
  const gaps = await gapsDuring(lab.client, host, async () => {
    message = await failsAndIsUndone();
  });
  expect(gaps, message).toEqual([]);
  return message;
}

/** Runs a command on the host as soon as the condition holds there, and says when it has begun to wait. */
async function whenever(condition: string, command: string): Promise<void> {
  await shell(host, `systemd-run --quiet --collect sh -c 'until ${condition}; do :; done; ${command}'`);
}

/** The files are about to be replaced. */
const aboutToSwap = "[ -e /etc/.mailhost-stage/before ]";

describe("a host that has a Postfix of its own", () => {
  test("is told in a preview which of its files are replaced, and keeps copies of them", async () => {
    expect(firstPreview).toContain(
      "/etc/aliases, /etc/postfix/main.cf on the host: neither of this deployment nor as the distribution has made them. `up` replaces them and keeps copies below /var/lib/mailhost/originals",
    );
    expect(firstPreview).toContain(
      "/etc/postfix/virtual on the host: neither of this deployment nor as the distribution has made it. `up` replaces it and keeps a copy below /var/lib/mailhost/original-tables",
    );
    expect(
      await shell(
        host,
        "cd /var/lib/mailhost && grep -h 12345678 originals/etc/postfix/main.cf && cat original-tables/etc/postfix/virtual",
      ),
    ).toBe("message_size_limit = 12345678\ninfo@elsewhere.example root");
    expect((await stack.preview()).output).not.toContain("on the host: neither");
  });
});

test("modes are as they should be where root's umask is 077", async () => {
  expect(await shell(host, "su - root -c umask")).toBe("0077");
  expect((await stack.preview()).steps).toEqual({});
  const files = `${paths.mainCf} ${paths.dovecotConf} ${paths.passwd} ${compiled("/etc/postfix/virtual")} /var/vmail /etc/systemd/system/mailhost.service`;
  expect(await shell(host, `stat -c '%U:%G %a' ${files}`)).toBe(
    [
      "root:root 644",
      "root:root 644",
      "doveauth:dovecot 400",
      "root:postfix 640",
      "root:root 755",
      "root:root 644",
    ].join("\n"),
  );
  expect(
    await shell(host, "find /usr/lib/dovecot /usr/share/dovecot /etc/dovecot -type d ! -perm -005 ! -name private"),
  ).toBe("");
});

describe("files", () => {
  test.each([
    [
      "is a mount point",
      20_000_000,
      "Device or resource busy",
      `mount --bind ${paths.dovecotConf} ${paths.dovecotConf}`,
      `umount ${paths.dovecotConf}`,
    ],
    [
      "lies in a read-only directory",
      21_000_000,
      "Read-only file system",
      "mount --bind /etc/dovecot /etc/dovecot && mount -o remount,bind,ro /etc/dovecot",
      "umount /etc/dovecot",
    ],
  ])("one that %s keeps the others from being replaced too", async (_what, mark, reason, hinder, allow) => {
    settings = { ...working, edit: both(mark) };
    await shell(host, hinder);
    try {
      const message = await isRefused();
      expect(message).toContain(reason);
      expect(message).toContain(`${paths.dovecotConf} could not be replaced`);
      expect(message).toContain("The previous configuration is back in force");
    } finally {
      await shell(host, allow);
    }
    await stack.up();
    expect(await inForce()).toBe(`${mark}\n${mark}`);
  });

  test("one that a directory has taken the place of is told of, and left alone", async () => {
    await shell(host, `mv ${paths.aliases} /root/aliases && mkdir ${paths.aliases}`);
    const message = await failure(stack.up());
    await shell(host, `rmdir ${paths.aliases} && mv /root/aliases ${paths.aliases}`);
    expect(message).toContain(`${paths.aliases} is a directory; nothing was changed`);
  });

  test("no room for notes on the host: nothing changes", async () => {
    settings = { ...working, edit: both(20_000_001) };
    await shell(
      host,
      "mount -t tmpfs -o size=4k tmpfs /var/lib/mailhost && head -c 4096 /dev/zero >/var/lib/mailhost/full",
    );
    try {
      expect(await isRefused()).toContain("/var/lib/mailhost cannot be written: is its file system full");
    } finally {
      await shell(host, "umount /var/lib/mailhost");
    }
  });

  test("one that is edited while the new ones are checked is not overwritten", async () => {
    settings = { ...working, edit: both(20_000_002) };
    await whenever("[ -e /etc/.mailhost-stage/postfix.check ]", `echo "# edited meanwhile" >>${paths.mainCf}`);
    expect(await failure(stack.up())).toContain(`${paths.mainCf} was edited while this deployment ran`);
    expect(await shell(host, `tail -n 1 ${paths.mainCf}`)).toBe("# edited meanwhile");
  });

  test("one with a byte that is not UTF-8 is shown as such and replaced", async () => {
    await shell(host, `printf '# \\351\\n' >>${paths.mainCf}`);
    const digest = await shell(host, `sha256sum <${paths.mainCf} | cut -d' ' -f1`);
    expect((await stack.preview()).output).toContain(`[not UTF-8: sha256 ${digest}]`);
    await stack.up();
    expect((await stack.preview()).steps).toEqual({});
  });
});

describe("daemons", () => {
  test("one that was not told of a change that fails keeps its sessions", async () => {
    using session = new LineConnection(await lab.client.connect(host.address, 143));
    expect(await session.readLine()).toMatch(/^\* OK/);
    const { dovecot } = await masterProcesses(host);
    const serviceTimes = "systemctl show -p ActiveEnterTimestampMonotonic dovecot";
    const since = await shell(host, serviceTimes);
    settings = {
      ...working,
      edit: {
        ...both(20_000_003),
        [paths.masterCf]: (text) => text.replace(/^submission inet/m, "465 inet"),
      },
    };
    expect(await failsAndIsUndone()).toContain("nothing of master listens on *:587");
    expect((await masterProcesses(host)).dovecot).toBe(dovecot);
    expect(await shell(host, serviceTimes)).toBe(since);
    session.write("a NOOP\r\n");
    expect(await session.readLine()).toBe("a OK NOOP completed.");
  });

  test.each([
    ["dovecot", "/run/dovecot/master.pid"],
    ["postfix", "/var/spool/postfix/pid/master.pid"],
  ])("%s that does not come to read the new configuration: the change fails and says so", async (daemon, pidFile) => {
    settings = { ...working, edit: both(20_000_004) };
    await whenever(aboutToSwap, `kill -STOP $(cat ${pidFile})`);
    const message = await failsAndIsUndone();
    expect(message).toContain(`${daemon} does not say that it has read the new configuration`);
    expect(message).toContain("The previous configuration is back in force");
  });

  test("an upgrade of packages in the middle of a change leaves the one configuration or the other, and it is said which", async () => {
    settings = { ...working, edit: both(20_000_011) };
    const upgrade = "apt-get -qq -y --reinstall install postfix dovecot-core";
    await shell(
      host,
      `systemd-run --quiet --unit=upgrade -p RemainAfterExit=yes -E DEBIAN_FRONTEND=noninteractive sh -c 'until ${aboutToSwap}; do :; done; ${upgrade}'`,
    );
    const message = await stack.up().then(
      () => "",
      (error: unknown) => String(error),
    );
    expect(message).toMatch(/^$|The previous configuration is back in force|nothing was changed/);
    await shell(
      host,
      "until [ $(systemctl show -p SubState --value upgrade) = exited ]; do sleep 0.2; done; systemctl stop upgrade",
    );
    await stack.up();
    expect(await inForce()).toBe("20000011\n20000011");
    expect(await silentPorts(host)).toEqual([]);
    expect((await stack.preview()).steps).toEqual({});
  });

  test.each([
    [
      "smtpd cannot be tried",
      "unshare",
      'echo "Operation not permitted" >&2; exit 1',
      "could not be tried in time; it said: Operation not permitted",
    ],
    [
      "Dovecot's programs cannot be tried",
      "timeout",
      'case $2 in */imap) echo no >&2; exit 1 ;; esac; exec /usr/bin/timeout "$@"',
      "imap could not be tried within 10 seconds; it said: no",
    ],
  ])("a configuration with which %s is refused", async (_what, command, script, told) => {
    settings = { ...working, edit: both(20_000_005) };
    await shell(
      host,
      `printf '#!/bin/sh\\n%s\\n' '${script}' >/usr/local/bin/${command} && chmod +x /usr/local/bin/${command}`,
    );
    try {
      const message = await isRefused();
      expect(message).toContain(told);
      expect(message).toContain("refused the staged configuration; the running one is unchanged");
    } finally {
      await shell(host, `rm /usr/local/bin/${command}`);
    }
  });

  test("what strangers say, and what rsyslog cannot do for others, is no complaint of a daemon", async () => {
    const foreign = "/etc/rsyslog.d/99-foreign.conf";
    await shell(host, `echo '*.* /proc/nowhere/error' >${foreign}`);
    settings = { ...working, syslog: true };
    await stack.up();
    let working_ = true;
    const talk = async (port: number, ...lines: string[]) => {
      while (working_) {
        using connection = new LineConnection(await lab.client.connect(host.address, port));
        await connection.readLine();
        for (const line of lines) {
          connection.write(`${line}\r\n`);
          await connection.readLine();
        }
        await delay(50);
      }
    };
    const strangers = [
      talk(
        25,
        "HELO fatal.panic.error",
        "MAIL FROM:<fatal:@panic.error>",
        "RCPT TO:<panic@domain.tld>",
        'RCPT TO:<"x: fatal: x"@domain.tld>',
      ),
      talk(143, "a LOGIN master:Error:Fatal:Panic: x"),
    ];
    try {
      settings = { ...settings, edit: both(20_000_006) };
      await stack.up();
      settings = { ...settings, edit: both(20_000_007) };
      await stack.up();
    } finally {
      working_ = false;
      await Promise.allSettled(strangers);
      await shell(host, `rm ${foreign}`);
    }
    expect(await shell(host, "journalctl -q -t postfix/smtpd | grep -c 'to=<panic@domain.tld>'")).not.toBe("0");
  });
});

describe("a change that is cut off after the first files have been replaced", () => {
  const replaced = (mark: number) => `grep -q "message_size_limit = ${mark}" ${paths.mainCf}`;

  test("by the end of its unit, is undone at once", async () => {
    settings = { ...working, edit: both(20_000_008) };
    await whenever(replaced(20_000_008), "systemctl stop mailhost-txn");
    const message = await failsAndIsUndone();
    expect(message).toContain("the change was stopped");
    expect(message).toContain("The previous configuration is back in force");
  });

  test("by SIGKILL, is undone by the next deployment, which then makes it", async () => {
    settings = { ...working, edit: both(20_000_009) };
    await whenever(replaced(20_000_009), "systemctl kill --signal=KILL mailhost-txn");
    await failure(stack.up());
    expect((await stack.preview()).steps.configuration?.op).toBe("update");
    expect((await stack.up()).output).toContain("the last change of the configuration broke off; it is undone first");
    expect(await inForce()).toBe("20000009\n20000009");
    expect(await silentPorts(host)).toEqual([]);
  });

  test("by a power cut, is undone when the host starts", async () => {
    await stack.up();
    const before = await configuration();
    settings = { ...working, edit: both(20_000_010) };
    const failed = failure(stack.up());
    await shell(host, `until ${replaced(20_000_010)}; do :; done`);
    await host.cutPower();
    await failed;
    await host.powerOn();
    expect(await configuration()).toBe(before);
    expect(await silentPorts(host)).toEqual([]);
    await stack.up();
    expect(await inForce()).toBe("20000010\n20000010");
    // Only now: where the power goes in the middle of an undo, its folder stays until the next change.
    expect(await shell(host, "find /etc -name '*mailhost-*'")).toBe("");
  });
});

describe("what goes", () => {
  const mainPid = (unit: string) => shell(host, `systemctl show -p MainPID ${unit}`);

  test("a unit's drop-in counts no more", async () => {
    const nice = "systemctl show -p Nice dovecot";
    const before = await shell(host, nice);
    settings = {
      ...working,
      extraFiles: { "/etc/systemd/system/dovecot.service.d/nice.conf": "[Service]\nNice=3\n" },
    };
    await stack.up();
    expect(await shell(host, nice)).toBe("Nice=3");
    expect(await shell(host, "stat -c %a /etc/systemd/system/dovecot.service.d")).toBe("755");
    settings = working;
    await stack.up();
    expect(await shell(host, `${nice}; systemctl show -p NeedDaemonReload dovecot`)).toBe(
      `${before}\nNeedDaemonReload=no`,
    );
    expect(await silentPorts(host)).toEqual([]);
  });

  test("a daemon that leaves the configuration forgets it, and is left as it was before", async () => {
    settings = { ...working, syslog: true };
    await stack.up();
    const with_ = await mainPid("rsyslog");
    settings = working;
    await stack.up();
    expect(await shell(host, `ls ${paths.rsyslogConf} 2>&1 || true`)).toContain("No such file");
    expect(await mainPid("rsyslog")).not.toBe(with_);
    expect(await shell(host, "systemctl is-enabled rsyslog; systemctl is-active rsyslog")).toBe("enabled\nactive");
  });

  test("one that was disabled and stopped is disabled and stopped again", async () => {
    await shell(host, "systemctl disable --now rsyslog syslog.socket 2>/dev/null");
    settings = { ...working, syslog: true };
    await stack.up();
    expect(await shell(host, "systemctl is-enabled rsyslog; systemctl is-active rsyslog")).toBe("enabled\nactive");
    settings = working;
    await stack.up();
    expect(await shell(host, "systemctl is-enabled rsyslog; systemctl is-active rsyslog || true")).toBe(
      "disabled\ninactive",
    );
  });
});

test("an IPv6 address counts in every spelling", async () => {
  await shell(host, "ip -6 addr add 2001:db8::1/128 dev lo nodad");
  const setting = ofRelease({ debian13: "listen", debian12: "address" });
  const listener = (address: string) => (text: string) =>
    text.replace(
      "port = 143",
      `port = 143\n  }\n  inet_listener second {\n    port = 1143\n    ${setting} = ${address}`,
    );
  const listen = (address: string) => ({ postfix: ["*:25", "*:587"], dovecot: ["*:143", `[${address}]:1143`] });
  settings = {
    ...working,
    edit: { [paths.dovecotConf]: listener("2001:DB8:0::1") },
    listen: listen("2001:DB8:0::1"),
  };
  await stack.up();
  const before = await masterProcesses(host);
  settings = { ...settings, listen: listen("2001:db8::1") };
  await stack.up();
  expect(await masterProcesses(host)).toEqual(before);
  settings = working;
  await stack.up();
});

test("the host's language is German all the while", async () => {
  expect(await shell(host, "LANG=de_DE.UTF-8 ls /nowhere 2>&1 || true")).toContain(
    "Datei oder Verzeichnis nicht gefunden",
  );
});

test("of all messages that the host has taken meanwhile, none is lost", async () => {
  const { taken, lost } = await messages.end();
  expect(lost).toEqual([]);
  expect(taken).toBeGreaterThanOrEqual(100);
});

test("destroy leaves the services that were there before as they were", async () => {
  await shell(host, "systemctl enable --now rsyslog 2>/dev/null");
  settings = { ...working, syslog: true };
  await stack.up();
  await stack.destroy();
  expect(await shell(host, "systemctl is-enabled rsyslog; systemctl is-active rsyslog")).toBe("enabled\nactive");
  expect(await shell(host, "find /etc /var/lib -name '*mailhost*'; find /etc/rsyslog.d -name '*dovecot*'")).toBe(
    "/var/lib/mailhost",
  );
  expect(await shell(host, originalFiles)).toBe(originals);
});

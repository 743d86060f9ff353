import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Account, type HostArgs, Provider, type ProviderArgs, type SshTargetArgs } from "../../resources/index.ts";
import type { TestHost } from "../../tools/testhost/host.ts";
import { createLab, type Lab } from "../../tools/testhost/lab.ts";
import { accountAndDirectory } from "../fixtures/mailHost/small.ts";
import { changeFromElsewhere, shell, targetOf, untilAnotherWaits } from "../helpers/providerHost.ts";
import { failure, ProviderStack } from "../helpers/providerStack.ts";
import { makeTemporaryFolder } from "../helpers/temporaryFolder.ts";

let lab: Lab;
let host: TestHost;
let stack: ProviderStack;
let program: () => object;
let keys: string;

beforeAll(async () => {
  lab = await createLab();
  host = await lab.startHost();
  keys = makeTemporaryFolder("keys");
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(keys, "other")]);
  writeFileSync(join(keys, "broken"), "-----BEGIN OPENSSH PRIVATE KEY-----\nbm90IGEga2V5\n");
  stack = await ProviderStack.create({ program: async () => program() });
  await shell(
    host,
    `set -e
for user in plain op terminal refused expired ending reading closed; do
  useradd --create-home --shell /bin/bash $user
  install -d -o $user /home/$user/.ssh
  install -o $user /root/.ssh/authorized_keys /home/$user/.ssh/
  [ $user = plain ] || echo "$user ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/$user
done
usermod --shell /usr/sbin/nologin refused
chage --lastday 0 expired
echo 'Defaults:terminal requiretty' >>/etc/sudoers.d/terminal
echo 'exit 1' >/home/ending/.bashrc
printf 'Match User closed\nAllowTcpForwarding no\n' >/etc/ssh/sshd_config.d/closed.conf
systemctl try-restart ssh.service
echo 'cat >/dev/null' >/home/reading/.bashrc`,
  );
});

afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await lab?.remove();
  if (keys !== undefined) rmSync(keys, { recursive: true });
});

/** What the provider would have made. */
const made = "ls -d /var/lib/mailhost /var/vmail 2>/dev/null; getent passwd vmail || true";

interface Refusal {
  what: string;
  args: () => Partial<SshTargetArgs & HostArgs>;
  says: RegExp;
}

const refusals: Refusal[] = [
  {
    what: "an address where nobody listens",
    args: () => ({ port: 9 }),
    says: /root@[\d.]+ port 9 cannot be reached \(.*ECONNREFUSED.*\): mailhost:target\.address, mailhost:target\.port/,
  },
  {
    what: "a name that does not exist",
    args: () => ({ address: "mail.nowhere.invalid" }),
    says: /root@mail\.nowhere\.invalid port 22 cannot be reached \(.*(ENOTFOUND|EAI_AGAIN).*\): mailhost:target\.address/,
  },
  {
    what: "another host key",
    args: () => ({ hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFFZ4XW6cSUDa7rMv2pdIk6o2S7yTfY6yMdCKzNrqpRA" }),
    says: /presented a host key that is not pinned \(SHA256:.*\), so nothing was sent.*mailhost:target\.hostKey/s,
  },
  {
    what: "a host key of a type that the host lacks",
    args: () => ({ hostKey: "ssh-dss AAAAB3NzaC1kc3MAAACBAA==" }),
    says: /mailhost:target\.hostKey/,
  },
  {
    what: "something that is no host key",
    args: () => ({ hostKey: "SHA256:abc" }),
    says: /mailhost:target\.hostKey "SHA256:abc" is no public key; it must look like "ssh-ed25519 AAAA\.\.\."/,
  },
  {
    what: "a log-in key that the host does not know",
    args: () => ({ privateKeyFile: join(keys, "other") }),
    says: /refused the log-in: its authorized_keys must hold the key of mailhost:target\.privateKeyFile/,
  },
  {
    what: "a log-in key that cannot be read",
    args: () => ({ privateKeyFile: join(keys, "missing") }),
    says: /mailhost:target\.privateKeyFile cannot be read: ENOENT/,
  },
  {
    what: "a log-in key that is none",
    args: () => ({ privateKeyFile: join(keys, "broken") }),
    says: /the private key for .* cannot be used .*mailhost:target\.privateKeyFile/,
  },
  {
    what: "a user who may not become root",
    args: () => ({ user: "plain" }),
    says: /mailhost:target\.user: plain may not become root without a password \(sudo: .*NOPASSWD: ALL/s,
  },
  {
    what: "a user whose sudo wants a terminal",
    args: () => ({ user: "terminal" }),
    says: /mailhost:target\.user: terminal may not become root without a terminal \(sudo: .* tty .*\): put `Defaults:terminal !requiretty`/s,
  },
  {
    what: "a user with the shell nologin",
    args: () => ({ user: "refused" }),
    says: /mailhost:target\.user: the log-in of refused on the host \(shell nologin\) ended with exit code 1 .* said "This account is currently not available\.": give it a shell/,
  },
  {
    what: "a user whose .bashrc ends the shell",
    args: () => ({ user: "ending" }),
    says: /the log-in of ending on the host ended with exit code 1 before a command began, and said nothing: .*~ending\/\.bashrc/,
  },
  {
    what: "a user whose .bashrc reads what is meant for our script",
    args: () => ({ user: "reading" }),
    says: /the log-in of reading on the host began a command, but its script did not arrive; .*~reading\/\.bashrc/,
  },
  {
    what: "a user whose password has expired",
    args: () => ({ user: "expired" }),
    says: /the log-in of expired on the host .*said ".*expired.*": set another password of expired on the host \(`passwd expired`\)/,
  },
  {
    what: "another release",
    args: () => ({ release: "debian12" }),
    says: /the host \(mailhost:target\) runs Debian GNU\/Linux 13 \(trixie\), but mailhost:release says debian12/,
  },
];

describe("at preview, with the host untouched, is refused", () => {
  test.each(refusals)("$what", async ({ args, says }) => {
    program = () => accountAndDirectory({ ...targetOf(host), ...args() });
    const message = await failure(stack.preview());
    expect(message).toMatch(says);
    expect(message).not.toContain("PRIVATE KEY");
    expect(await shell(host, made)).toBe("");
  });

  test("no key at all", async () => {
    const { privateKeyFile: _, ...target } = targetOf(host);
    program = () => accountAndDirectory(target);
    expect(await stack.withVariable("SSH_AUTH_SOCK", "", () => failure(stack.preview()))).toMatch(
      /there is no SSH key to log in with: set mailhost:target\.privateKeyFile/,
    );
    expect(await stack.withVariable("SSH_AUTH_SOCK", "/nowhere", () => failure(stack.preview()))).toMatch(
      /the SSH agent \(SSH_AUTH_SOCK\) cannot be asked/,
    );
  });

  test("a misspelt argument of the provider", async () => {
    program = () => accountAndDirectory({ ...targetOf(host), prot: 22 } as ProviderArgs);
    expect(await failure(stack.preview())).toMatch(/prot.*there is no such property; did you mean port\?/s);
  });
});

describe("behind a jump host", () => {
  /** The host as it is seen from itself: of the machine that deploys, 127.0.0.1 is another one. */
  const behind = (proxyJump: object = {}, target: object = {}): ProviderArgs => {
    const { address, hostKey, ...args } = targetOf(host);
    const jump = { address, hostKey, user: "refused", ...proxyJump };
    return { ...args, address: "127.0.0.1", hostKey, proxyJump: jump, ...target };
  };
  const otherKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFFZ4XW6cSUDa7rMv2pdIk6o2S7yTfY6yMdCKzNrqpRA";

  test.each([
    [
      "the jump host does not answer",
      () => behind({ port: 9 }),
      /the jump host refused@[\d.]+ port 9 cannot be reached \(.*ECONNREFUSED.*\): mailhost:target\.proxyJump\.address, mailhost:target\.proxyJump\.port/,
    ],
    [
      "the jump host has another key",
      () => behind({ hostKey: otherKey }),
      /the jump host refused@[\d.]+ port 22 presented a host key that is not pinned .*mailhost:target\.proxyJump\.hostKey/s,
    ],
    [
      "the jump host does not know the key",
      () => behind({ privateKeyFile: join(keys, "other") }),
      /the jump host refused@[\d.]+ port 22 refused the log-in: .*mailhost:target\.proxyJump\.privateKeyFile, or of the SSH agent, for mailhost:target\.proxyJump\.user/,
    ],
    [
      "there is no such key for the jump host",
      () => behind({ privateKeyFile: join(keys, "missing") }),
      /mailhost:target\.proxyJump\.privateKeyFile cannot be read: ENOENT/,
    ],
    [
      "the jump host forwards nothing",
      () => behind({ user: "closed" }),
      /the jump host closed@[\d.]+ port 22 does not forward to 127\.0\.0\.1 port 22: .*AllowTcpForwarding/,
    ],
    [
      "the host does not answer the jump host",
      () => behind({}, { port: 9 }),
      /root@127\.0\.0\.1 port 9 cannot be reached \(from the jump host refused@[\d.]+ port 22: .*refused.*\): mailhost:target\.address/,
    ],
    [
      "the host has another key",
      () => behind({}, { hostKey: otherKey }),
      /: root@127\.0\.0\.1 port 22 presented a host key that is not pinned .*mailhost:target\.hostKey/s,
    ],
    [
      "the host does not know the key",
      () => behind({ privateKeyFile: host.privateKeyFile }, { privateKeyFile: join(keys, "other") }),
      /: root@127\.0\.0\.1 port 22 refused the log-in: .*mailhost:target\.privateKeyFile/,
    ],
  ])("it is said which of the two is to blame where %s", async (_what, args, says) => {
    program = () => accountAndDirectory(args());
    expect(await failure(stack.preview())).toMatch(says);
    expect(await shell(host, made)).toBe("");
  });

  test("a host is made and changed by a user of the jump host that has no shell there", async () => {
    program = () => accountAndDirectory(behind());
    await stack.up();
    expect(await shell(host, "stat -c '%U:%G %a' /var/vmail")).toBe("vmail:vmail 2750");
    // The same host by another way.
    program = () => accountAndDirectory(targetOf(host));
    expect((await stack.preview()).steps).toEqual({});
    await stack.destroy();
    await shell(host, "rm -r /var/lib/mailhost");
  });
});

describe("a mail root whose volume is not mounted", () => {
  const fstab = "LABEL=mail /var/vmail ext4 nofail 0 2";

  test.each([
    ["by /etc/fstab", `echo '${fstab}' >>/etc/fstab`, "sed -i '/LABEL=mail/d' /etc/fstab"],
    [
      "by a mount unit",
      "printf '[Mount]\\nWhat=/dev/none\\nWhere=/var/vmail\\n' >/etc/systemd/system/var-vmail.mount && systemctl daemon-reload",
      "rm /etc/systemd/system/var-vmail.mount && systemctl daemon-reload",
    ],
  ])("is not made on the disk below: %s", async (_what, begin, end) => {
    program = () => accountAndDirectory(targetOf(host));
    await shell(host, begin);
    try {
      const says = /\/var\/vmail on the host is a mount point by its .*nothing is mounted there: .*mount \/var\/vmail/;
      expect(await failure(stack.preview())).toMatch(says);
      expect(await failure(stack.up())).toMatch(says);
      expect(await shell(host, "ls -d /var/vmail 2>/dev/null || true")).toBe("");
    } finally {
      await shell(host, end);
    }
    await stack.destroy();
  });

  test("is not made anew by a deployment that has lost its state", async () => {
    program = () => accountAndDirectory(targetOf(host));
    await shell(host, `mkdir /var/vmail && mount -t tmpfs mail /var/vmail`);
    await stack.up();
    await shell(host, "touch /var/vmail/mail && umount /var/vmail");
    const another = await ProviderStack.create({ program: async () => program() });
    expect(await failure(another.up())).toMatch(/\/var\/vmail is on another file system than before .*tmpfs/);
    expect(await shell(host, "stat -c %U /var/vmail")).toBe("root");
    await another[Symbol.asyncDispose]();
    await shell(host, "mount -t tmpfs mail /var/vmail");
    await stack.destroy();
    await shell(host, "umount /var/vmail && rmdir /var/vmail && rm -r /var/lib/mailhost");
  });
});

describe("a user with sudo", () => {
  beforeAll(async () => {
    await shell(
      host,
      "echo 'echo Welcome to $(hostname); printf \"no end of line\" | tee /dev/stderr' >/home/op/.bashrc",
    );
  });

  test("whose log-in prints can do everything", async () => {
    program = () => accountAndDirectory({ ...targetOf(host), user: "op" });
    await stack.up();
    expect(await shell(host, "stat -c '%U:%G %a' /var/vmail")).toBe("vmail:vmail 2750");
    await stack.up({ expectNoChanges: true });
  });

  test("is not blamed for an error of what root does", async () => {
    const name = await shell(host, "hostname");
    await shell(host, "usermod --shell /bin/sh vmail && hostname nowhere-to-be-found");
    await shell(host, "mv /var/lib/mailhost /var/lib/known && touch /var/lib/mailhost");
    const message = await failure(stack.up());
    await shell(host, `hostname ${name} && rm /var/lib/mailhost && mv /var/lib/known /var/lib/mailhost`);
    expect(message).toMatch(/mkdir: cannot create directory .\/var\/lib\/mailhost.: File exists/);
    expect(message).not.toMatch(/sudo|become root|Welcome|no end of line/);
    await stack.up();
  });
});

describe("a disk of the host that is full", () => {
  /** Makes a small file system of the folder with what the host remembers, and something to change. */
  const shrink = (options: string, fill: string) =>
    shell(
      host,
      `set -e
usermod --shell /bin/sh vmail
cp -a /var/lib/mailhost /var/lib/known
mount -t tmpfs -o ${options} none /var/lib/mailhost
cp -a /var/lib/known/manifest.json /var/lib/mailhost/
cd /var/lib/mailhost
${fill}`,
    );

  afterEach(async () => {
    await shell(host, "umount /var/lib/mailhost && rm -r /var/lib/known");
    await stack.up();
  });

  test.each([
    [
      "no room",
      ["size=64k", "! head -c 100k /dev/zero >zeros 2>/dev/null"],
      /cannot write \/var\/lib\/mailhost\/lock\.holder\n.*the file system at \/var\/lib\/mailhost of the host is full: 0 bytes are left/s,
    ],
    [
      "no inode",
      ["nr_inodes=3", "touch lock"],
      /cannot write \/var\/lib\/mailhost\/lock\.holder\n.*the file system at \/var\/lib\/mailhost of the host has 0 inodes left/s,
    ],
  ])("is named with the file that could not be written: %s", async (_what, [options = "", fill = ""], says) => {
    await shrink(options, fill);
    const message = await failure(stack.up());
    expect(message).toMatch(says);
    expect(message).not.toContain("I/O error");
  });
});

describe("an account that is there with another uid", () => {
  const clerk = () =>
    new Account(
      "clerk",
      { name: "clerk", uid: 6000, gid: 6000, home: "/srv/clerk", shell: "/usr/sbin/nologin" },
      { provider: new Provider("target", targetOf(host)) },
    );
  let renumbering: ProviderStack;

  beforeAll(async () => {
    renumbering = await ProviderStack.create({ program: async () => void clerk() });
    await shell(
      host,
      `useradd --system --uid 654 --user-group --home-dir /srv/clerk clerk
install -d -o clerk -g clerk -m 2700 /srv/clerk /srv/clerk/mail
install -o clerk -g clerk /dev/null /srv/clerk/mail/1
install -d /srv/elsewhere && install -o clerk /dev/null /srv/elsewhere/2`,
    );
  });

  afterAll(async () => {
    await renumbering?.[Symbol.asyncDispose]();
  });

  test("is told in a preview, with what becomes of its files", async () => {
    const { output } = await renumbering.preview();
    expect(output).toContain(
      "the account clerk is on the host with uid 654: it gets 6000, and so do 3 files of it below /srv/clerk. Elsewhere it leaves 1 file with 654, which no account has then: /srv/elsewhere (1). To give them to clerk afterwards: find /srv/elsewhere -xdev -uid 654 -exec chown -h 6000 {} +",
    );
    expect(output).toMatch(
      /the group clerk is on the host with gid \d+: it gets 6000, and so do 3 files of it below \/srv\/clerk/,
    );
  });

  test("is not changed while processes of it run", async () => {
    await shell(host, "systemd-run --quiet --unit=clerk --uid=clerk sleep infinity");
    expect(await failure(renumbering.preview())).toMatch(
      /the account clerk on the host must get uid 6000 instead of 654, which is not possible while processes of it run: stop sleep \(\d+\)/,
    );
    await shell(host, "systemctl stop clerk");
  });

  test("has the new numbers after up, its files below the home too", async () => {
    await renumbering.up();
    expect(await shell(host, "stat -c '%U:%G %u:%g %a' /srv/clerk /srv/clerk/mail /srv/clerk/mail/1")).toBe(
      "clerk:clerk 6000:6000 2700\nclerk:clerk 6000:6000 2700\nclerk:clerk 6000:6000 755",
    );
    const preview = await renumbering.preview();
    expect(preview.steps).toEqual({});
    expect(preview.output).not.toContain("clerk is on the host with");
  });
});

describe("a host with few sessions in a connection", () => {
  const allow = (sessions: number) =>
    shell(
      host,
      `echo 'MaxSessions ${sessions}' >/etc/ssh/sshd_config.d/sessions.conf && systemctl restart ssh.service`,
    );

  afterAll(async () => {
    await shell(host, "rm /etc/ssh/sshd_config.d/sessions.conf && systemctl restart ssh.service");
  });

  test.each([1, 2])("is changed and looked at with MaxSessions %i", async (sessions) => {
    await allow(sessions);
    program = () => accountAndDirectory(targetOf(host));
    await stack.destroy();
    await stack.up();
    await stack.up({ expectNoChanges: true });
  });

  test("says which setting of sshd to change with MaxSessions 0", async () => {
    await allow(0);
    expect(await failure(stack.preview())).toMatch(
      /the host refused a command: .*MaxSessions of 1 or more in \/etc\/ssh/,
    );
  });
});

describe("a host that is gone", () => {
  beforeAll(async () => {
    await shell(host, "systemctl stop ssh.socket ssh.service");
  });

  test("fails the preview", async () => {
    expect(await failure(stack.preview())).toMatch(/cannot be reached.*MAILHOST_UNREACHABLE=keep-state/s);
  });

  test("can be previewed and destroyed with MAILHOST_UNREACHABLE=keep-state, but not updated", async () => {
    await stack.withVariable("MAILHOST_UNREACHABLE", "keep-state", async () => {
      const unchanged = await stack.preview();
      expect(unchanged.steps).toEqual({});
      expect(unchanged.output).toMatch(/warning: .*not looked at: .*cannot be reached/);
      program = () => accountAndDirectory({ ...targetOf(host), user: "op" }, { more: true });
      expect((await stack.preview()).steps).toMatchObject({ more: { op: "create" } });
      expect(await failure(stack.up())).toMatch(/cannot be reached/);
      await stack.destroy();
    });
    expect(await shell(host, "getent passwd vmail | cut -d: -f1")).toBe("vmail");
  });
});

describe("a deployment that is interrupted", () => {
  beforeAll(async () => {
    await shell(host, "systemctl start ssh.service");
  });

  test("ends at once, what had begun on the host goes on, and the next one finishes", async () => {
    program = () => accountAndDirectory(targetOf(host), { user: "later" });
    await changeFromElsewhere(host, "sleep infinity");
    const interrupt = new AbortController();
    const interrupted = failure(stack.up({ signal: interrupt.signal }));
    await shell(host, untilAnotherWaits);
    const begin = Date.now();
    interrupt.abort();
    await interrupted;
    expect(Date.now() - begin).toBeLessThan(10_000);
    await shell(host, "systemctl stop mailhost-txn");
    await stack.up();
    expect(await shell(host, "stat -c '%U:%G %a' /var/vmail")).toBe("later:later 2750");
    await stack.destroy();
    expect(await shell(host, "getent passwd later || true")).toBe("");
  });
});

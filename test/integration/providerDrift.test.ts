import { afterAll, beforeAll, describe, expect, onTestFailed, test } from "vitest";
import { hashFingerprint } from "../../resources/index.ts";
import type { TestHost } from "../../tools/testhost/host.ts";
import { createLab, type Lab } from "../../tools/testhost/lab.ts";
import { mailHost, passwordHash, paths } from "../fixtures/mailHost/program.ts";
import { selfSignedCertificate } from "../helpers/certificate.ts";
import { fileTimes, shell, silentPorts, targetOf } from "../helpers/providerHost.ts";
import { failure, ProviderStack, type Step } from "../helpers/providerStack.ts";
import { compiled, mapType, ofRelease, release } from "../helpers/release.ts";

let lab: Lab;
let host: TestHost;
let stack: ProviderStack;

beforeAll(async () => {
  lab = await createLab();
  host = await lab.startHost({ release, isFurnished: true });
  const certificate = selfSignedCertificate();
  stack = await ProviderStack.create({
    isServed: true,
    program: async () =>
      mailHost({
        target: targetOf(host),
        certificate,
        mailboxes: ["alice", "bob", "carol"],
        sieve: { alice: "keep;\n" },
      }),
  });
  await stack.up();
});

afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await lab?.remove();
});

interface Drift {
  what: string;
  /** What somebody does on the host. */
  tamper: string;
  /** Resource name to the property paths that the preview must name. */
  shows: Record<string, string[]>;
  /** A command whose output the next `up` must bring back. */
  look: string;
  /** The lines of text in which the preview shows the difference, `-` on the host and `+` wanted. */
  lines?: string[];
}

const postmap = `postmap -o ${mapType}:/etc/postfix/virtual`;

const drifts: Drift[] = [
  {
    what: "an edited main.cf",
    tamper: `sed -i 's/^mydestination = .*/mydestination = tampered.example/' ${paths.mainCf}`,
    shows: { configuration: [`files["${paths.mainCf}"]`] },
    look: `cat ${paths.mainCf}`,
    lines: ["-mydestination = tampered.example", "+mydestination = $myhostname"],
  },
  {
    what: "an edited dovecot.conf",
    tamper: `echo 'mail_debug = yes' >>${paths.dovecotConf}`,
    shows: { configuration: [`files["${paths.dovecotConf}"]`] },
    look: `cat ${paths.dovecotConf}`,
    lines: ["-mail_debug = yes"],
  },
  {
    what: "another certificate",
    tamper: `openssl req -x509 -newkey ed25519 -nodes -keyout - -out - -subj /CN=other >${paths.certificate} 2>/dev/null`,
    shows: { configuration: [`fingerprints["${paths.certificate}"]`, `secretFiles["${paths.certificate}"]`] },
    look: `sha256sum <${paths.certificate}`,
  },
  {
    what: "a changed line of a passwd file",
    tamper: `sed -i '/^bob@/s/:5000:5000:/:5000:5001:/' ${paths.passwd}`,
    shows: { addresses: ['users["domain.tld"]'] },
    look: `cat ${paths.passwd}`,
    lines: [
      `-bob@domain.tld:${hashFingerprint(passwordHash)}:5000:5001::/var/vmail/domain.tld/bob`,
      `+bob@domain.tld:${hashFingerprint(passwordHash)}:5000:5000::/var/vmail/domain.tld/bob`,
    ],
  },
  {
    what: "a mailbox added by hand with a plain password",
    tamper: `echo 'mallory@domain.tld:hunter2:5000:5000::/var/vmail/domain.tld/mallory' >>${paths.passwd}`,
    shows: { addresses: ["hashes", 'users["domain.tld"]'] },
    look: `cat ${paths.passwd}`,
    lines: ["-mallory@domain.tld:#f52fbd32:5000:5000::/var/vmail/domain.tld/mallory"],
  },
  {
    what: "a table edited and compiled",
    tamper: `echo 'info@domain.tld bob@domain.tld' >>/etc/postfix/virtual && ${postmap}`,
    shows: { addresses: ["aliases"] },
    look: `cat /etc/postfix/virtual && postmap -s ${mapType}:/etc/postfix/virtual`,
    lines: ["-info@domain.tld bob@domain.tld"],
  },
  {
    what: "a table's source edited, not compiled",
    tamper: "echo 'info@domain.tld bob@domain.tld' >>/etc/postfix/virtual",
    shows: { addresses: ["aliases"] },
    look: "cat /etc/postfix/virtual",
    lines: ["-info@domain.tld bob@domain.tld"],
  },
  {
    what: "a table compiled from something else",
    tamper: `cd /etc/postfix && cp vmailbox other && echo 'eve@domain.tld x' >>other && postmap ${mapType}:other && cat ${compiled("other")} >${compiled("vmailbox")} && rm other ${compiled("other")}`,
    shows: { addresses: ["mailboxes"] },
    look: `postmap -s ${mapType}:/etc/postfix/vmailbox`,
    lines: ["-eve@domain.tld x"],
  },
  {
    what: "a deleted table",
    tamper: `rm ${compiled("/etc/postfix/sender_login")}`,
    shows: { addresses: ["senders"] },
    look: `postmap -s ${mapType}:/etc/postfix/sender_login`,
  },
  {
    what: "another owner of a configuration file",
    tamper: `chown nobody ${paths.mainCf}`,
    shows: { configuration: [`attributes["${paths.mainCf}"]`] },
    look: `stat -c %U:%G ${paths.mainCf}`,
  },
  {
    what: "another mode of a passwd file",
    tamper: `chmod 444 ${paths.passwd}`,
    shows: { addresses: [`unexpectedAttributes["${paths.passwd}"]`] },
    look: `stat -c %a ${paths.passwd}`,
  },
  {
    what: "another mode of a directory",
    tamper: "chmod 777 /var/vmail/auth.d",
    shows: { directories: ['directories["/var/vmail/auth.d"]'] },
    look: "stat -c %a /var/vmail/auth.d",
  },
  {
    what: "a managed Sieve script replaced by a link",
    tamper: "ln -sf /etc/shadow /var/vmail/domain.tld/alice/.dovecot.sieve",
    shows: {
      addresses: ['sieve["alice@domain.tld"]', 'unexpectedAttributes["/var/vmail/domain.tld/alice/.dovecot.sieve"]'],
    },
    look: "stat -c '%F %U %a' /var/vmail/domain.tld/alice/.dovecot.sieve && cat /var/vmail/domain.tld/alice/.dovecot.sieve",
  },
  {
    what: "a managed Sieve script of a foreign group, in a home that gives that group to its files",
    tamper: "cd /var/vmail/domain.tld/alice && chgrp users . .dovecot.sieve && chmod g+s . && chmod 644 .dovecot.sieve",
    shows: { addresses: ['unexpectedAttributes["/var/vmail/domain.tld/alice/.dovecot.sieve"]'] },
    look: "stat -c '%U:%G %a' /var/vmail/domain.tld/alice/.dovecot.sieve",
  },
  {
    what: "an edited managed Sieve script",
    tamper: "echo 'discard;' >/var/vmail/domain.tld/alice/.dovecot.sieve",
    shows: { addresses: ['sieve["alice@domain.tld"]'] },
    look: "cat /var/vmail/domain.tld/alice/.dovecot.sieve",
    lines: ["-discard;", "+keep;"],
  },
  {
    what: "an edited ACL file of another owner, and a table and what was compiled from it, readable by all",
    tamper: `echo 'Public anyone a' >>${paths.acls} && chown root:root ${paths.acls} && cd /etc/postfix && chmod 644 virtual && chgrp root ${compiled("virtual")}`,
    shows: {
      addresses: [
        'acls["domain.tld"]',
        'unexpectedAttributes["/etc/postfix/virtual"]',
        `unexpectedAttributes["${compiled("/etc/postfix/virtual")}"]`,
        `unexpectedAttributes["${paths.acls}"]`,
      ],
    },
    look: `cat ${paths.acls} && stat -c '%U:%G %a' ${paths.acls} /etc/postfix/virtual ${compiled("/etc/postfix/virtual")}`,
    lines: ["-Public anyone a"],
  },
  {
    what: "stale and left-over copies in the directory that Postfix is confined to",
    tamper: `cd /var/spool/postfix/etc && echo 'nameserver 192.0.2.1' >resolv.conf && touch nss_mdns.config`,
    shows: { chroot: ['files["/etc/nss_mdns.config"]', 'files["/etc/resolv.conf"]'] },
    look: "cd /var/spool/postfix/etc && ls && cat resolv.conf",
  },
  {
    what: "a missing copy there",
    tamper: "rm /var/spool/postfix/etc/resolv.conf",
    shows: { chroot: ['files["/etc/resolv.conf"]'] },
    look: "cat /var/spool/postfix/etc/resolv.conf",
  },
  {
    what: "a stopped service",
    tamper: "systemctl stop dovecot",
    shows: { dovecot: ["running"] },
    look: "systemctl is-active dovecot",
  },
  {
    what: "a disabled service",
    tamper: "systemctl disable postfix 2>/dev/null",
    shows: { postfix: ["enabled"] },
    look: "systemctl is-enabled postfix",
  },
  {
    what: "an account with a shell, another home and another group",
    tamper: "usermod --shell /bin/bash --home /home --gid users vmail",
    shows: { vmail: ["gid", "home", "shell"] },
    look: "getent passwd vmail",
  },
  {
    what: "an account with another number, whose files are then nobody's",
    tamper: "usermod --uid 5001 vmail",
    shows: {
      vmail: ["uid"],
      directories: [
        'directories["/var/vmail/conf.d"]',
        'directories["/var/vmail/conf.d/domain.tld"]',
        'directories["/var/vmail/domain.tld"]',
      ],
      addresses: ['sieve["alice@domain.tld"]', `unexpectedAttributes["${paths.acls}"]`],
    },
    look: "id -u vmail && stat -c %u /var/vmail/domain.tld /var/vmail/domain.tld/alice/.dovecot.sieve",
  },
  // On Debian 12 there is none without a daemon in it.
  ...ofRelease<Drift[]>({
    debian13: [
      {
        what: "a removed package",
        tamper: "apt-get -qq remove postfix-lmdb >/dev/null 2>&1",
        shows: { packages: ['packages["postfix-lmdb"]'] },
        look: "dpkg -l postfix-lmdb | tail -n 1 | cut -c1-2 && postconf -m | grep lmdb",
      },
    ],
    debian12: [],
  }),
  {
    what: "a deleted file",
    tamper: `rm ${paths.aliases}`,
    shows: { configuration: [`attributes["${paths.aliases}"]`, `files["${paths.aliases}"]`] },
    look: `cat ${paths.aliases}`,
    lines: ["+root: alice@domain.tld"],
  },
  {
    what: "a deleted directory",
    tamper: "rm -r /var/vmail/conf.d",
    shows: {
      directories: ['directories["/var/vmail/conf.d"]', 'directories["/var/vmail/conf.d/domain.tld"]'],
      addresses: ['acls["domain.tld"]'],
    },
    look: `stat -c %U:%G:%a /var/vmail/conf.d && cat ${paths.acls}`,
  },
];

describe("what somebody changes on the host shows in a plain preview and is repaired by up", () => {
  test.each(drifts)("$what", async ({ tamper, shows, look, lines }) => {
    onTestFailed(async () => void (await stack.up()));
    const before = await shell(host, look);
    await shell(host, tamper);
    const tampered = await fileTimes(host);

    const preview = await stack.preview();
    expect(pathsOf(preview.steps)).toEqual(shows);
    if (lines !== undefined) expect(Object.values(preview.steps).flatMap(changedLines).sort()).toEqual(lines.sort());
    expect(preview.output).not.toContain("hunter2");
    expect(preview.output).not.toContain("root:*:");
    expect(await fileTimes(host)).toEqual(tampered);

    await stack.up();
    expect(await shell(host, look)).toBe(before);
    expect((await stack.preview()).steps).toEqual({});
  });

  test("after all that the daemons serve", async () => {
    expect(await silentPorts(host)).toEqual([]);
  });
});

describe("a home of another owner", () => {
  const home = "/var/vmail/domain.tld/alice";

  test("is named by preview and up, with the owner and the command that mends it", async () => {
    await shell(host, `chown -R 1001:1001 ${home} && chmod 0700 ${home}`);
    const problem = `homes that neither deliveries nor IMAP can use: ${home} belongs to 1001:1001. Mend it on the host: `;
    const command = `chown -R vmail:vmail ${home}`;
    expect(await failure(stack.preview())).toContain(problem + command);
    expect(await failure(stack.up())).toContain(problem + command);
    await shell(host, command);
    await stack.up();
    expect((await stack.preview()).steps).toEqual({});
  });
});

function pathsOf(steps: Record<string, Step>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(steps).map(([name, { paths }]) => [name, paths]));
}

/** The lines that differ in the texts that a step changes. */
function changedLines({ before, after, paths }: Step): string[] {
  return paths.flatMap((path) => {
    const here = linesAt(before?.outputs, path);
    const there = linesAt(after?.inputs, path);
    return [
      ...here.filter((line) => !there.includes(line)).map((line) => `-${line}`),
      ...there.filter((line) => !here.includes(line)).map((line) => `+${line}`),
    ];
  });
}

/** The lines of the text at a path such as `files["/etc/aliases"]`; none where it is secret, attributes or nothing. */
function linesAt(properties: unknown, path: string): string[] {
  const [, name = "", key] = /^(\w+)(?:\["(.*)"\])?$/.exec(path) ?? [];
  const steps = key === undefined ? [name] : [name, key];
  const text = steps.reduce((value, step) => Object(value)[step], properties);
  return typeof text === "string" && text.endsWith("\n") ? text.trimEnd().split("\n") : [];
}

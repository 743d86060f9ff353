import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkoutFolder } from "../../tools/launch/paths.mjs";
import { HeldSessions } from "../../tools/traffic/heldSessions.ts";
import { createCertificateAuthority } from "../helpers/certificateAuthority.ts";
import { type MailHostSettings, useDeployedHost } from "../helpers/deployedHost.ts";
import { journalCursor } from "../helpers/hostJournal.ts";
import { shell } from "../helpers/providerHost.ts";
import { passwordOf } from "../helpers/testUsers.ts";

const issueCertificate = await createCertificateAuthority();
const [first, second] = [await issueCertificate("mail.domain.tld"), await issueCertificate("mail.domain.tld")];

const daemons = ["Postfix", "Dovecot", "rsyslog", "rspamd"] as const;
type Daemon = (typeof daemons)[number];
type Activations = Record<Daemon, string>;

/** The table of the page: change to what it says of each daemon. */
const told = new Map(
  readFileSync(join(checkoutFolder, "docs", "activations.md"), "utf8")
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .filter(([, , activation = ""]) => /^(?:nothing|reload|restart)$/.test(activation))
    .map(([, change = "", ...cells]) => [change, activationsOf(cells)] as const),
);

const mailboxes = { alice: {}, bob: {} };
const atFirst = {
  certificate: first,
  domains: { "domain.tld": { mailboxes } },
  publicFolders: { folders: ["Team"] },
  acceptanceCheck: false,
} satisfies MailHostSettings;
const mail = useDeployedHost(atFirst);

/** What the changes have made of it so far. */
let current: MailHostSettings = atFirst;
let sessions: HeldSessions;
let queued: string;

const domain = (settings: object) => ({ domains: { "domain.tld": { mailboxes, ...settings } } });

/** A package of the same program under another version, which the host's apt offers. */
async function offerAnotherVersion(name: string, version: string): Promise<void> {
  await shell(
    mail().host,
    `set -e
     mkdir /srv/packages && cd /srv/packages
     apt-get -q download ${name} >/dev/null 2>&1
     dpkg-deb --raw-extract ${name}_*.deb content && rm ${name}_*.deb
     sed -i 's/^Version: .*/Version: ${version}/' content/DEBIAN/control
     dpkg-deb -Znone --build content ${name}.deb >/dev/null
     { dpkg-deb -f ${name}.deb
       echo "Filename: ./${name}.deb"
       echo "Size: $(stat -c %s ${name}.deb)"
       echo "SHA256: $(sha256sum <${name}.deb | cut -d' ' -f1)"; } >Packages
     echo 'deb [trusted=yes] file:/srv/packages ./' >/etc/apt/sources.list.d/another.list
     apt-get -q update >/dev/null 2>&1`,
  );
}

/** Change to the settings that it adds to those before it; undefined takes a key out. In this order. */
const changes: Record<string, () => Partial<MailHostSettings> | Promise<Partial<MailHostSettings>>> = {
  "a mailbox is added": () => domain({ mailboxes: { ...mailboxes, carol: {} } }),
  "a mailbox is disabled": () => domain({ mailboxes: { ...mailboxes, carol: { enabled: false } } }),
  "a mailbox is removed": () => domain({}),
  "an alias, a sender right": () => domain({ aliases: { info: { members: ["bob"], senders: ["alice"] } } }),
  "the quota of a mailbox": () => domain({ mailboxes: { alice: { quota: "5G" }, bob: {} } }),
  "the quota of all mailboxes (`mail.quota`)": () => ({ mail: { quota: "3G" } }),
  "a public folder": () => ({ publicFolders: { folders: ["Team", "Team/Docs"] } }),
  "rights of public folders (`publicFolders.acls`)": () => ({
    publicFolders: { folders: ["Team"], acls: [{ mailbox: "Public", identifier: "anyone", rights: "l" }] },
  }),
  "a managed Sieve script": () => domain({ mailboxes: { alice: { sieve: "keep;" }, bob: {} } }),
  "a domain is added": () => ({ domains: { "domain.tld": { mailboxes }, "domain1.tld": { mailboxes: { dave: {} } } } }),
  "the largest message (`mail.messageSizeLimit`)": () => ({ mail: { quota: "3G", messageSizeLimit: 30_000_000 } }),
  "a parameter of main.cf (`postfix.parameters`)": () => ({ postfix: { parameters: { smtpd_timeout: "200s" } } }),
  "a parameter of a service in master.cf (`postfix.parameters`)": () => ({
    postfix: { parameters: { "submission/inet/smtpd_timeout": "200s" } },
  }),
  "a setting of Dovecot (`dovecot.settings`)": () => ({ dovecot: { settings: { mail_max_keyword_length: 60 } } }),
  "the certificate": () => ({ certificate: second }),
  "a listener of Postfix is added (`postfix.submissions`)": () => ({ postfix: { submissions: true } }),
  "a listener of Postfix is removed": () => ({ postfix: {} }),
  "a listener of Dovecot is added (`dovecot.imaps`)": () => ({ dovecot: { imaps: true } }),
  "a listener of Dovecot is removed": () => ({ dovecot: {} }),
  "the addresses of Postfix (`postfix.listenAddresses`)": () => ({ postfix: { listenAddresses: ownAddresses() } }),
  "the addresses of Dovecot (`dovecot.listenAddresses`)": () => ({ dovecot: { listenAddresses: ownAddresses() } }),
  "IPv6 (`inetProtocols`)": async () => {
    await mail().deploy({ ...current, postfix: {}, dovecot: {} });
    await logIn();
    return { postfix: {}, dovecot: {}, inetProtocols: "all" };
  },
  "how long logs are kept (`logging.keep`)": () => ({ logging: { keep: 8 } }),
  "logs without syslog (`logging.method: files`)": () => ({ logging: { method: "files" } }),
  "logs by syslog (`logging.method: syslog`)": () => ({ logging: { method: "syslog" } }),
  "mail is signed (`dkim`)": () => ({ dkim: { algorithms: ["ed25519"] } }),
  "another selector (`dkim.selector`)": () => ({ dkim: { algorithms: ["ed25519"], selector: "s2" } }),
  "mail is no longer signed": () => ({ dkim: undefined }),
  "another version of a package (`packages`), here rsyslog's": async () => {
    await offerAnotherVersion("rsyslog", "9:0-other");
    return { packages: { rsyslog: "9:0-other" } };
  },
};

const ownAddresses = () => [mail().host.address, "127.0.0.1"];

/** What the daemons do from now on. */
async function observe(): Promise<() => Promise<Activations>> {
  const { host } = mail();
  // systemd does not know Postfix's on Debian 12.
  const [, ...others] = daemons.map((daemon) => daemon.toLowerCase());
  const look = `cat /var/spool/postfix/pid/master.pid; systemctl show --property MainPID --value ${others.join(" ")}`;
  const mainProcesses = async () => (await shell(host, look)).split(/\s+/).map(Number);
  const before = await mainProcesses();
  const cursor = await journalCursor(host);
  const ownLog = await shell(host, "cat /var/log/dovecot.log 2>/dev/null | wc -l");
  return async () => {
    const after = await mainProcesses();
    const said = await shell(
      host,
      `journalctl --quiet --no-pager --after-cursor='${cursor}'; tail -n +${Number(ownLog) + 1} /var/log/dovecot.log 2>/dev/null || true`,
    );
    return activationsOf(
      daemons.map((daemon, index) => activationOf(before[index] ?? 0, after[index] ?? 0, words[daemon].test(said))),
    );
  };
}

/** What each daemon, or systemd of it, says of a reload. */
const words: Record<Daemon, RegExp> = {
  Postfix: /postfix\/master\[\d+\]: reload -- version/,
  Dovecot: /master: Warning: SIGHUP received - reloading configuration/,
  rsyslog: /Reloaded rsyslog\.service/,
  rspamd: /Reloaded rspamd\.service/,
};

function activationOf(before: number, after: number, isReloaded: boolean): string {
  if (before === after) return isReloaded ? "reload" : "nothing";
  if (before === 0) return "start";
  return after === 0 ? "stop" : "restart";
}

function activationsOf(of: readonly string[]): Activations {
  const [Postfix = "", Dovecot = "", rsyslog = "", rspamd = ""] = of;
  return { Postfix, Dovecot, rsyslog, rspamd };
}

async function logIn(): Promise<void> {
  const { host, lab } = mail();
  sessions?.[Symbol.dispose]();
  const user = "bob@domain.tld";
  sessions = await HeldSessions.open(lab.client, host, { user, pass: passwordOf(user) }, 2);
}

/** The queue, as the ids of messages. */
const queue = () => shell(mail().host, 'postqueue -j | sed -E \'s/.*"queue_id": *"([^"]*)".*/\\1/\'');

beforeAll(async () => {
  // The name server of this domain does not answer, so the message waits.
  await shell(mail().host, "sendmail -f alice@domain.tld someone@silent.example", "Subject: waits\n\n");
  await shell(mail().host, 'until [ -n "$(postqueue -j)" ]; do :; done');
  queued = await queue();
  await logIn();
});

afterAll(() => sessions?.[Symbol.dispose]());

test("the page tells of each of these changes, and of no other", () => {
  expect([...told.keys()].sort()).toEqual(Object.keys(changes).sort());
});

test.each(Object.entries(changes))("%s", async (change, settings) => {
  current = { ...current, ...(await settings()) };
  const end = await observe();
  await mail().deploy(current);
  const activations = await end();
  expect(activations).toEqual(told.get(change));
  if (activations.Dovecot === "restart") await logIn();
  else expect(await sessions.lost()).toBe(0);
  expect(await queue()).toBe(queued);
});

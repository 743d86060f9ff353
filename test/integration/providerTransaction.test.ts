import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ByRelease } from "../../shared/releases/release.ts";
import { compiledTable } from "../../shared/tables.ts";
import type { TestHost } from "../../tools/testhost/host.ts";
import { createLab, type Lab } from "../../tools/testhost/lab.ts";
import { gapsDuring } from "../../tools/traffic/portWatch.ts";
import { type MailHostSettings, mailHost, paths } from "../fixtures/mailHost/program.ts";
import { selfSignedCertificate } from "../helpers/certificate.ts";
import {
  changedFiles,
  changeFromElsewhere,
  configurationOf,
  fileTimes,
  masterProcesses,
  reloads,
  shell,
  silentPorts,
  targetOf,
  untilAnotherWaits,
} from "../helpers/providerHost.ts";
import { failure, ProviderStack } from "../helpers/providerStack.ts";
import { mapType, ofRelease, release } from "../helpers/release.ts";

let lab: Lab;
let host: TestHost;
let stack: ProviderStack;
let working: MailHostSettings;
let settings: MailHostSettings;
/** What the engine printed of the bare host. */
let firstPreview: string;

beforeAll(async () => {
  lab = await createLab();
  host = await lab.startHost({ release });
  working = { target: targetOf(host), certificate: selfSignedCertificate(), mailboxes: ["alice"] };
  settings = working;
  stack = await ProviderStack.create({ program: async () => mailHost(settings), isServed: true });
  firstPreview = (await stack.preview()).output;
  await stack.up();
  await shell(host, `cat >${otherCertificate}`, selfSignedCertificate());
});

afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await lab?.remove();
});

beforeEach(() => {
  settings = working;
});

const configuration = () => configurationOf(host);

/** A certificate that is nobody's, with its key. */
const otherCertificate = "/root/other.pem";

/** What a change that failed has left lying about. */
function leftovers(): Promise<string> {
  return shell(host, "find /etc -name '*mailhost-*'; find /var/lib/mailhost -name failed");
}

const append = (line: string) => (text: string) => `${text}${line}\n`;

/** The setting that loads a plugin. */
const plugin = (name: string): ByRelease<string> => ({
  debian13: `  mail_plugins {\n    ${name} = yes\n  }`,
  debian12: `  mail_plugins = $mail_plugins ${name}`,
});

interface BadConfiguration {
  what: string;
  edit: NonNullable<MailHostSettings["edit"]>;
  tlsListen?: string[];
  /** What the error must say, in the daemon's own words. */
  says: string | RegExp;
}

const refusals: BadConfiguration[] = [
  {
    what: "an unknown Dovecot setting",
    edit: { [paths.dovecotConf]: append("mail_lokation = x") },
    says: /\/etc\/dovecot\/dovecot\.conf line \d+: .*Unknown setting: mail_lokation/,
  },
  {
    what: "an unknown Postfix parameter",
    edit: { [paths.mainCf]: append("smtpd_recipient_restriction = permit_mynetworks") },
    says: "/etc/postfix/main.cf: unused parameter: smtpd_recipient_restriction=permit_mynetworks",
  },
  {
    what: "an unknown map type",
    edit: { [paths.mainCf]: (text) => text.replace(/\w+(?=:\/etc\/postfix\/virtual)/, "lmbd") },
    says: 'virtual_alias_maps: map type "lmbd" is not known here',
  },
  {
    what: "a table that is not there",
    edit: { [paths.mainCf]: append(`transport_maps = ${mapType}:/etc/postfix/nowhere`) },
    says: `transport_maps: postmap: fatal: open database ${compiledTable(mapType, "/etc/postfix/nowhere")}: No such file or directory`,
  },
  {
    what: "a number that only smtpd refuses",
    edit: { [paths.mainCf]: append("smtpd_timeout = soon") },
    says: "smtp/inet: fatal: invalid smtpd_timeout: 0 (min 1)",
  },
  {
    what: "a time that only qmgr refuses",
    edit: { [paths.mainCf]: append("maximal_queue_lifetime = 3x") },
    says: "qmgr/unix: fatal: parameter maximal_queue_lifetime: bad time value or unit: 3x",
  },
  {
    what: "an unknown restriction",
    edit: { [paths.mainCf]: append("smtpd_data_restrictions = reject_unauth_pipelining, reject_strangers") },
    says: 'smtpd_data_restrictions: warning: unknown smtpd restriction: "reject_strangers"',
  },
  {
    what: "an unknown TLS level of one service",
    edit: { [paths.masterCf]: (text) => text.replace("security_level=encrypt", "security_level=encripted") },
    says: 'submission/inet: fatal: Invalid TLS level "encripted"',
  },
  {
    what: "an unknown TLS level for outgoing mail",
    edit: { [paths.mainCf]: append("smtp_tls_security_level = perhaps") },
    says: 'smtp/unix: fatal: Invalid TLS level "perhaps"',
  },
  {
    what: "an unknown TLS protocol",
    edit: { [paths.mainCf]: append("smtpd_tls_protocols = >=TLSv9") },
    says: /smtp\/inet: warning: Invalid TLS protocol list ">=TLSv9"/,
  },
  {
    what: "a missing daemon program",
    edit: { [paths.masterCf]: append("extra     unix  -       -       y       -       -       extrad") },
    says: /\/etc\/postfix\/master\.cf: .*extrad/,
  },
  {
    what: "a port name that the host does not know",
    edit: { [paths.masterCf]: append("submissionz inet n    -       y       -       -       smtpd") },
    says: '/etc/postfix/master.cf: there is no port named "submissionz" in /etc/services',
  },
  {
    what: "a misspelt plugin of LMTP",
    edit: { [paths.dovecotConf]: append(`protocol lmtp {\n${ofRelease(plugin("sive"))}\n}`) },
    says: "Plugin 'sive' not found from directory /usr/lib/dovecot/modules",
  },
  {
    what: "a plugin of IMAP without the one that it needs",
    edit: { [paths.dovecotConf]: append(`protocol imap {\n${ofRelease(plugin("mail_log"))}\n}`) },
    says: "Plugin notify must be loaded also",
  },
  {
    what: "namespaces that do not go together",
    edit: { [paths.dovecotConf]: append("namespace archive {\n  prefix = Archive/\n  inbox = yes\n}") },
    says: "namespace configuration error",
  },
  {
    what: "a Dovecot listener at an address that the host lacks",
    edit: {
      [paths.dovecotConf]: (text) =>
        text.replace(
          "port = 143",
          `port = 143\n    ${ofRelease({ debian13: "listen", debian12: "address" })} = 192.0.2.9`,
        ),
    },
    says: "Dovecot is to listen on 192.0.2.9:143, but the host has no such address; it has 127.0.0.1",
  },
  {
    what: "a Dovecot listener at a port of another program",
    edit: { [paths.dovecotConf]: (text) => text.replace("port = 0", "port = 22") },
    says: "Dovecot is to listen on port 22, but another program listens on 0.0.0.0:22",
  },
];

describe("a configuration that a checker refuses never reaches the daemons", () => {
  test.each(refusals)("$what", async ({ edit, says }) => {
    const before = { configuration: await configuration(), files: await fileTimes(host) };
    const masters = await masterProcesses(host);
    settings = { ...working, edit };
    let message = "";
    const gaps = await gapsDuring(lab.client, host, async () => {
      message = await failure(stack.up());
    });
    expect(message).toMatch(says);
    expect(message).toContain("refused the staged configuration; the running one is unchanged");
    expect(message).not.toContain("mailhost-stage");
    expect(gaps).toEqual([]);
    expect(changedFiles(before.files, await fileTimes(host))).toEqual([]);
    expect(await configuration()).toBe(before.configuration);
    expect(await masterProcesses(host)).toEqual(masters);
    expect(await leftovers()).toBe("");
  });
});

describe("in a preview the daemons' checkers read the new configuration", () => {
  /** All that a change would touch: contents, attributes, times and inodes; and what a check has left lying about. */
  const untouched = () =>
    shell(
      host,
      `find /etc /var/lib/mailhost /var/spool/postfix /run/mailhost* ! -path '*/pid/*' -printf '%p %i %u:%g %m %T@ %C@\\n' 2>/dev/null | sort
       find /etc -type f -exec sha256sum {} + | sort`,
    );

  test("unless the host lacks what they need", () => {
    expect(firstPreview).toMatch(
      /the new configuration of postfix, dovecot is checked by `up`, before it is in force: not on the host yet: .*packages/,
    );
  });

  test("and what both refuse fails it, with file and line, and nothing is changed", async () => {
    const before = { state: await untouched(), masters: await masterProcesses(host), reloads: await reloads(host) };
    settings = {
      ...working,
      edit: {
        [paths.mainCf]: append("maximal_queue_lifetime = 3x"),
        [paths.dovecotConf]: append("mail_lokation = x"),
      },
    };
    let message = "";
    const gaps = await gapsDuring(lab.client, host, async () => {
      message = await failure(stack.preview());
    });
    expect(message).toMatch(
      /\/etc\/postfix\/main\.cf line \d+: qmgr\/unix: fatal: parameter maximal_queue_lifetime: bad time value or unit: 3x/,
    );
    expect(message).toContain("postfix refused the staged configuration; the running one is unchanged");
    expect(message).toMatch(/\/etc\/dovecot\/dovecot\.conf line \d+: .*Unknown setting: mail_lokation/);
    expect(message).toContain("dovecot refused the staged configuration; the running one is unchanged");
    expect(message).not.toContain("mailhost-check");
    expect(gaps).toEqual([]);
    expect(await masterProcesses(host)).toEqual(before.masters);
    expect(await reloads(host)).toBe(before.reloads);
    expect(await untouched()).toBe(before.state);
  });

  test("and what they take is shown, and nothing is changed", async () => {
    const before = await untouched();
    settings = { ...working, edit: { [paths.mainCf]: append("maximal_queue_lifetime = 3d") } };
    expect((await stack.preview()).steps.configuration?.paths).toEqual([`files["${paths.mainCf}"]`]);
    expect(await untouched()).toBe(before);
  });

  test("and their copy of it goes with them, however they end", async () => {
    const copies = "find /run -name main.cf";
    settings = { ...working, edit: { [paths.mainCf]: append("maximal_queue_lifetime = 3d") } };
    await shell(
      host,
      `systemd-run --quiet --collect sh -c 'until [ -n "$(${copies})" ]; do :; done; systemctl kill --signal=KILL mailhost-check-*'`,
    );
    await failure(stack.preview());
    expect(await shell(host, copies)).toBe("");
  });
});

const failures: BadConfiguration[] = [
  {
    what: "users in a file that no checker looks for",
    edit: {
      [paths.dovecotConf]: (text) =>
        text.replaceAll(/%d|%\{user \| domain\}/g, ofRelease({ debian13: "%d", debian12: "%%d" })),
    },
    says: /Dovecot does not find the user alice@domain\.tld: .*%d\/passwd/s,
  },
  {
    what: "a listener that is not there in the end",
    edit: { [paths.masterCf]: (text) => text.replace(/^submission inet/m, "465 inet") },
    says: "nothing of master listens on *:587",
  },
  {
    what: "a Dovecot that makes its sockets elsewhere",
    edit: { [paths.dovecotConf]: (text) => text.replace("private/dovecot-lmtp", "private/dovecot-elsewhere") },
    says: "Dovecot does not listen on /var/spool/postfix/private/dovecot-lmtp",
  },
  {
    what: "a listener for TLS that speaks in clear",
    edit: { [paths.masterCf]: append("465       inet  n       -       y       -       -       smtpd") },
    tlsListen: ["*:465"],
    says: '*:465 does not greet with "220 mail.domain.tld" inside TLS',
  },
  {
    what: "a Postfix that shows another certificate",
    edit: {
      [paths.masterCf]: (text) =>
        text.replace(/^submission .*$/m, `$&\n  -o smtpd_tls_chain_files=${otherCertificate}`),
    },
    says: "*:587 does not show the configured certificate",
  },
  {
    what: "a Dovecot that shows another certificate",
    edit: {
      [paths.dovecotConf]: append(
        ofRelease({
          debian13: `local 127.0.0.1 {\n  ssl_server_cert_file = ${otherCertificate}\n  ssl_server_key_file = ${otherCertificate}\n}`,
          debian12: `local 127.0.0.1 {\n  ssl_cert = <${otherCertificate}\n  ssl_key = <${otherCertificate}\n}`,
        }),
      ),
    },
    says: "*:143 does not show the configured certificate",
  },
];

describe("a configuration that does not work is put back", () => {
  test.each(failures)("$what", async ({ edit, tlsListen = [], says }) => {
    const before = await configuration();
    settings = { ...working, edit, tlsListen };
    const message = await failure(stack.up());
    expect(message).toMatch(says);
    expect(message).toContain("The previous configuration is back in force");
    expect(message).not.toContain("mailhost-stage");
    expect(await configuration()).toBe(before);
    expect(await silentPorts(host)).toEqual([]);
    expect(await leftovers()).toBe("");
  });

  test("and the next preview of the working one finds nothing to do", async () => {
    expect((await stack.preview()).steps).toEqual({});
  });

  test("a restriction that nobody knows, where Postfix had to be started to find out", async () => {
    const before = await configuration();
    await shell(host, "systemctl stop postfix");
    settings = { ...working, edit: { [paths.mainCf]: append("smtpd_client_restrictions = reject_strangers") } };
    const message = await failure(stack.up());
    expect(message).toContain('smtpd_client_restrictions: warning: unknown smtpd restriction: "reject_strangers"');
    expect(message).toContain("The previous configuration is back in force");
    expect(await configuration()).toBe(before);
    settings = working;
    await stack.up();
    expect(await silentPorts(host)).toEqual([]);
  });
});

describe("listening sockets", () => {
  test("one that only the steps name, and nobody makes, fails the update", async () => {
    settings = { ...working, listen: { postfix: ["*:25", "*:587"], dovecot: ["*:143", "*:993"] } };
    const { steps } = await stack.preview();
    expect(Object.keys(steps)).toEqual(["configuration"]);
    expect(steps.configuration?.paths).toEqual(["steps.dovecot.listen"]);
    expect(await failure(stack.up())).toContain("nothing of dovecot listens on *:993");
    expect(await silentPorts(host)).toEqual([]);
  });

  test("are added by a reload, and moved to one address by a restart", async () => {
    const before = await masterProcesses(host);
    const secondListener = "port = 143\n  }\n  inet_listener second {\n    port = 1143";
    settings = {
      ...working,
      edit: { [paths.dovecotConf]: (text) => text.replace("port = 143", secondListener) },
      listen: { postfix: ["*:25", "*:587"], dovecot: ["*:143", "*:1143"] },
    };
    await stack.up();
    expect(await masterProcesses(host)).toEqual(before);

    settings = {
      ...working,
      edit: { [paths.mainCf]: append(`inet_interfaces = ${host.address}`) },
      listen: { postfix: [`${host.address}:25`, `${host.address}:587`], dovecot: ["*:143"] },
    };
    await stack.up();
    const after = await masterProcesses(host);
    expect(after.postfix).not.toBe(before.postfix);
    expect(after.dovecot).toBe(before.dovecot);
    expect(await silentPorts(host)).toEqual([]);

    settings = working;
    await stack.up();
  });

  const problems = [
    {
      what: "an address that the host lacks",
      listen: { postfix: ["192.0.2.9:25", "192.0.2.9:587"], dovecot: ["*:143"] },
      says: /mailhost:postfix\.listenAddresses: 192\.0\.2\.9 is no address of the host; it has 127\.0\.0\.1/,
    },
    {
      what: "a port that another program holds",
      listen: { postfix: ["*:25", "*:587"], dovecot: ["*:143", "*:4190"] },
      says: /dovecot needs port 4190, but systemd listens on 127\.0\.0\.1:4190.*mailhost:dovecot\.listenAddresses/s,
    },
  ];

  test.each(problems)("$what is refused at preview", async ({ listen, says }) => {
    const holder = "systemd-run --quiet --unit=holder --socket-property=ListenStream=127.0.0.1:4190 cat";
    await shell(host, `systemctl --quiet is-active holder.socket || ${holder}`);
    settings = { ...working, listen };
    expect(await failure(stack.preview())).toMatch(says);
  });
});

test("a Postfix that has ended shows in a preview, whatever its unit says, and is started again", async () => {
  settings = working;
  await shell(host, "kill -9 $(cat /var/spool/postfix/pid/master.pid)");
  expect((await stack.preview()).steps.postfix).toMatchObject({ op: "update", paths: ["running"] });
  await stack.up();
  expect(await silentPorts(host)).toEqual([]);
});

describe("two at once", () => {
  test("a file that is edited between the look and the change is not overwritten", async () => {
    settings = { ...working, edit: { [paths.mainCf]: append("# changed") } };
    await changeFromElsewhere(host, `${untilAnotherWaits}; echo "# edited meanwhile" >>${paths.mainCf}`);
    expect(await failure(stack.up())).toContain(`${paths.mainCf} was edited while this deployment ran`);
    expect(await shell(host, `tail -n 1 ${paths.mainCf}`)).toBe("# edited meanwhile");
    settings = working;
    await stack.up();
  });

  test("a change waits for another one to end", async () => {
    settings = { ...working, mailboxes: ["alice", "bob"] };
    await changeFromElsewhere(host, `${untilAnotherWaits}; touch /run/other-has-ended`);
    await stack.up();
    expect(await shell(host, `test -e /run/other-has-ended && grep -c bob@ ${paths.passwd}`)).toBe("1");
  });

  test("a change that waits too long is refused and says who holds the lock", async () => {
    await changeFromElsewhere(host, "sleep infinity");
    const message = await failure(stack.up());
    await shell(host, "systemctl stop mailhost-txn");
    expect(message).toContain("another deployment is changing this host: carol at laptop, since noon");
  });
});

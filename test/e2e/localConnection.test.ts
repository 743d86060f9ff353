import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { ensureEngine } from "../../tools/engine/engine.ts";
import { enginesFolder } from "../../tools/engine/engineFolder.ts";
import { checkoutFolder } from "../../tools/launch/paths.mjs";
import type { TestHost } from "../../tools/testhost/host.ts";
import { createLab, type Lab } from "../../tools/testhost/lab.ts";
import type { CommandResult } from "../../tools/testhost/processes.ts";
import type { MailHostInLab } from "../helpers/deployedHost.ts";
import { openMailbox } from "../helpers/mailbox.ts";
import { shell } from "../helpers/providerHost.ts";
import { openSmtp } from "../helpers/smtpConversation.ts";
import { passwordHashOf } from "../helpers/testUsers.ts";

const configuration = {
  hostname: "mail.domain.tld",
  target: { connection: "local" },
  mail: { postmaster: "alice@domain.tld" },
  domains: { "domain.tld": { mailboxes: { alice: {} } } },
};

let lab: Lab;
let host: TestHost;
let mail: MailHostInLab;
let firstUp: CommandResult;

/** A host with Node, an engine and this repository: what somebody has who deploys from the host itself. */
async function startHostWithTools(): Promise<TestHost> {
  const engine = await ensureEngine();
  const host = await lab.startHost({
    mounts: {
      "/usr/local/bin/node": process.execPath,
      "/opt/checkout": checkoutFolder,
      "/opt/mailhost/node_modules": join(checkoutFolder, "node_modules"),
      ...(engine.origin === "installed"
        ? { "/opt/pulumi/bin": join(engine.root, "bin") }
        : { "/opt/cache/engine": enginesFolder() }),
    },
  });
  const notCopied = ["node_modules", ".local", ".git"].map((name) => `--exclude=./${name}`).join(" ");
  await shell(host, `cd /opt/checkout && tar -c ${notCopied} . | tar -x --no-same-owner -C /opt/mailhost`);
  return host;
}

/** `npm run NAME -- ARGS` on the host. */
function npmRun(args: string, stdin?: string, more = ""): Promise<CommandResult> {
  const environment = "PATH=$PATH:/opt/pulumi/bin MAILHOST_CACHE=/opt/cache NODE_COMPILE_CACHE=/var/cache/node";
  return host.run(`cd /opt/mailhost && ${environment} ${more} node tools/launch.mjs ${args}`, stdin);
}

/** What it prints; it must succeed. */
async function pulumi(args: string, stdin?: string): Promise<string> {
  const { code, stdout, stderr } = await npmRun(`pulumi ${args}`, stdin);
  expect(code, `${stdout}${stderr}`).toBe(0);
  return stdout;
}

/** What makes a command look for the host where nothing answers. */
async function unreachableTarget(): Promise<string> {
  await shell(host, "umask 077 && cat >/root/key", readFileSync(host.privateKeyFile, "utf8"));
  const target = { address: "127.0.0.1", port: 9, hostKey: host.hostKey, privateKeyFile: "/root/key" };
  return `MAILHOST_TARGET='${JSON.stringify(target)}'`;
}

beforeAll(async () => {
  lab = await createLab();
  host = await startHostWithTools();
  await pulumi("stack init own");
  const keys = Object.entries(configuration).map(([key, value]) => [`mailhost:${key}`, value]);
  await shell(host, "cat >>/opt/mailhost/Pulumi.own.yaml", stringify({ config: Object.fromEntries(keys) }));
  const passwords = { "alice@domain.tld": await passwordHashOf("alice@domain.tld") };
  await pulumi("config set --secret mailhost:passwords", JSON.stringify(passwords));
  firstUp = await npmRun("pulumi up --yes");
  expect(firstUp.code, `${firstUp.stdout}${firstUp.stderr}`).toBe(0);
  const certificateAuthority = await pulumi("stack output certificateAuthority");
  mail = { lab, host, hostname: configuration.hostname, certificateAuthority };
});

afterAll(async () => {
  await lab?.remove();
});

describe("a machine that makes itself a mail host", () => {
  test("takes mail from elsewhere, and its user reads it from there", async () => {
    using smtp = await openSmtp(mail);
    await smtp.send({ from: "x@elsewhere.example", to: "alice@domain.tld", subject: "to the machine itself" });
    await using inbox = await openMailbox(mail, "alice@domain.tld");
    expect((await inbox.waitFor("to the machine itself")).header("To")).toBe("alice@domain.tld");
  });

  test("says after the first up, in place of all outputs, what comes next", () => {
    expect(firstUp.stdout).not.toMatch(/^Outputs:$/m);
    expect(firstUp.stderr).toContain(
      "mailhost: the mail host serves: imap mail.domain.tld:143, smtp mail.domain.tld:25, submission mail.domain.tld:587. Next:\n",
    );
    expect(firstUp.stderr).toContain("npm run status -- --stack own\n");
  });

  test("is not changed by a second up", async () => {
    const { code, stdout, stderr } = await npmRun("pulumi up --yes --expect-no-changes");
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^ {4}\d+ unchanged$/m);
    expect(stderr).not.toContain("Next:");
  });

  test("compares its DNS records with the published ones", async () => {
    const { code, stdout } = await npmRun("dns");
    expect(stdout).toMatch(/^right +domain\.tld +MX +10 mail\.domain\.tld\.$/m);
    expect(stdout).toMatch(/^right +_dmarc\.domain\.tld +TXT +v=DMARC1; p=none$/m);
    expect(stdout).not.toMatch(/^(?!right )./m);
    expect(code).toBe(0);
    expect((await npmRun("dns --zone")).stdout).toMatch(/^domain\.tld\. IN TXT "v=spf1 mx -all"$/m);
  });

  test("shows in a preview what somebody has edited, and puts it back", async () => {
    await shell(host, "sed -i 's/^biff = no$/biff = yes/' /etc/postfix/main.cf");
    const preview = await pulumi("preview --diff");
    expect(preview).toMatch(/^ *- +biff = yes$/m);
    expect(preview).toMatch(/^ *\+ +biff = no$/m);
    expect(preview).toMatch(/^ *~ 1 to update$/m);
    await pulumi("up --yes");
    expect(await shell(host, "postconf -h biff")).toBe("no");
  });

  test("hands changes of its name servers and hosts to the confined Postfix at once, also at a boot where they come late", async () => {
    const same = (file: string) => `until cmp -s /etc/${file} /var/spool/postfix/etc/${file}; do sleep 0.1; done`;
    await shell(
      host,
      `cd /etc && cp -p resolv.conf hosts /root/ && echo '# changed' >>resolv.conf && ${same("resolv.conf")}`,
    );
    await shell(host, `echo '192.0.2.1 changed.example' >>/etc/hosts && ${same("hosts")}`);
    await shell(host, "rm /etc/resolv.conf && systemctl restart postfix-resolvconf.path");
    await shell(
      host,
      `cd /etc && cp -p /root/hosts . && cp -p /root/resolv.conf . && ${same("hosts")}; ${same("resolv.conf")}`,
    );
  });

  test("tells its status", async () => {
    const { code, stdout } = await npmRun("status");
    expect(stdout).toMatch(/^mail\.domain\.tld: ok$/m);
    expect(stdout).toMatch(/^ok +queue +0 messages$/m);
    expect(stdout).toMatch(/^ok +disk +\d+ % used, /m);
    expect(stdout).toMatch(/^ok +dns +all 6 records are published$/m);
    expect(code).toBe(0);
  });

  test("tells what is wrong: a daemon that does not run, mail that waits, what was changed by hand", async () => {
    await shell(host, "systemctl stop dovecot.service");
    await shell(host, "chown -R 1001:1001 /var/vmail/domain.tld/alice && rm /var/spool/postfix/etc/hosts");
    await shell(host, "cp -a /etc/postfix/main.cf /root/ && sed -i 's/^biff = no$/biff = yes/' /etc/postfix/main.cf");
    using smtp = await openSmtp(mail);
    await smtp.send({ from: "x@elsewhere.example", to: "alice@domain.tld", subject: "has to wait" });
    const { code, stdout } = await npmRun("status");
    expect(stdout).toMatch(/^mail\.domain\.tld: critical$/m);
    expect(stdout).toMatch(/^ok +postfix\.service +active$/m);
    expect(stdout).toMatch(/^critical +dovecot\.service +inactive$/m);
    expect(stdout).toMatch(/^ok +queue +1 message, the oldest for 0\.\d hours$/m);
    expect(stdout).toMatch(/^critical +imap +connect ECONNREFUSED /m);
    expect(stdout).toMatch(/^warning +drift +3 resources differ from /m);
    for (const name of ["mail-configuration", "mail-dovecot", "mail-postfix-chroot"]) {
      expect(stdout).toMatch(new RegExp(`^warning +drift .* ${name}[,;]`, "m"));
    }
    expect(stdout).toMatch(
      /^critical +homes +.*\/alice belongs to 1001:1001\. Mend it on the host: chown -R vmail:vmail \/var/m,
    );
    expect(code).toBe(2);
    await shell(host, "chown -R vmail:vmail /var/vmail/domain.tld/alice && cp -p /etc/hosts /var/spool/postfix/etc/");
    await shell(host, "cp -a /root/main.cf /etc/postfix/ && systemctl start dovecot.service && postqueue -f");
    await using inbox = await openMailbox(mail, "alice@domain.tld");
    await inbox.waitFor("has to wait");
  });

  test("tells of each port where the host itself cannot be asked", async () => {
    const { code, stdout } = await npmRun("status", undefined, await unreachableTarget());
    expect(stdout.split("\n").slice(0, 2)).toEqual([
      "mail.domain.tld: critical",
      expect.stringMatching(/^critical {2}host +root@127\.0\.0\.1 port 9 cannot be reached \(.*ECONNREFUSED.*\): /),
    ]);
    expect(stdout).toMatch(/^ok +imap +answers as it should/m);
    expect(stdout).not.toMatch(/drift/);
    expect(code).toBe(2);
  });

  test("tells of a deployment that failed, until another one succeeds", async () => {
    const up = "pulumi up --yes --skip-preview";
    expect((await npmRun(up, undefined, await unreachableTarget())).code).not.toBe(0);
    const { code, stdout } = await npmRun("status");
    expect(stdout).toMatch(/^ok +drift +the host is as it was deployed$/m);
    expect(stdout).toMatch(/^warning +deployment +the last one \(update\) failed: /m);
    expect(code).toBe(1);
    await pulumi("up --yes");
    expect((await npmRun("status")).stdout).toMatch(/^ok +deployment /m);
  });

  test("tells of the host where it cannot be asked what was changed", async () => {
    await shell(host, "cd /var/lib/mailhost && mv manifest.json known && echo '{' >manifest.json");
    const { code, stdout } = await npmRun("status");
    await shell(host, "cd /var/lib/mailhost && mv known manifest.json");
    expect(stdout).toMatch(/^ok +disk /m);
    expect(stdout).toMatch(/^critical +drift +\/var\/lib\/mailhost\/manifest\.json on the host cannot be read; /m);
    expect(stdout).not.toContain("failed");
    expect(code).toBe(2);
  });

  test.each([
    ["a stack that is not there", "--stack nope", "", /^mailhost: there is no stack "nope" yet; make it by: /],
    ["no stack", "", "PULUMI_HOME=/root/fresh", /^mailhost: no stack is selected: name one by --stack STACK$/m],
    ["an option that there is not", "--stak own", "", /^mailhost: Unknown option '--stak'.*\nusage: npm run status /],
  ])("cannot tell the status of %s", async (_what, args, environment, advice) => {
    const outcome = await npmRun(`status ${args}`, undefined, environment);
    expect(outcome).toEqual({ code: 3, stdout: "", stderr: expect.stringMatching(advice) });
  });

  test("is accepted by its loopback address too, for which it relays", async () => {
    const at = (port: number) => ({ address: "127.0.0.1", port });
    const { hostname, certificateAuthority } = mail;
    const subject = { hostname, certificateAuthority, endpoints: { smtp: at(25), submission: at(587), imap: at(143) } };
    const visit = await host.run("cd /opt/mailhost && node acceptance/main.ts", JSON.stringify(subject));
    expect(visit).toEqual({ code: 0, stdout: "accepted\n", stderr: "" });
  });

  test("is the same host by SSH: nothing on it is changed, and it is visited at the address that SSH knows", async () => {
    await shell(host, "umask 077 && cat >/root/key", readFileSync(host.privateKeyFile, "utf8"));
    const target = {
      address: host.address,
      hostKey: `'${host.hostKey}'`,
      privateKeyFile: "/root/key",
      connection: "ssh",
    };
    for (const [key, value] of Object.entries(target))
      await pulumi(`config set --path mailhost:target.${key} ${value}`);
    const { steps }: { steps: { op: string; urn: string }[] } = JSON.parse(await pulumi("preview --json"));
    const changed = steps
      .filter(({ op }) => op !== "same" && op !== "refresh")
      .map(({ urn }) => urn.split("::").at(-1));
    expect(changed).toEqual(["mail-host", "mail-acceptance-check"]);
  });
});

describe("somebody on the machine who is not root", () => {
  const asking = `
    import { connect } from "/opt/mailhost/provider/connection/connect.ts";
    const connection = connect(() => ({ connection: "local" }));
    for (const detached of [false, true]) {
      const { stdout } = await connection.run("id -un; grep -o mailhost-txn /proc/self/cgroup", { detached });
      console.log(stdout.trim());
    }`;
  const ask = (user: string) => host.run(`runuser -u ${user} -- node --input-type=module`, asking);

  test("becomes root by sudo", async () => {
    await shell(host, "useradd op && echo 'op ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/op");
    expect(await ask("op")).toEqual({ code: 0, stdout: "root\nroot\nmailhost-txn\n", stderr: "" });
  });

  test("is told what is missing where sudo refuses", async () => {
    await shell(host, "useradd plain");
    expect((await ask("plain")).stderr).toMatch(
      /mailhost:target\.connection: plain may not become root without a password \(sudo: .*NOPASSWD: ALL/s,
    );
  });
});

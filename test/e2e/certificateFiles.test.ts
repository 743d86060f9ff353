import { X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { acceptanceComplaints } from "../../acceptance/acceptanceCheck.ts";
import { certificateFingerprint } from "../../resources/index.ts";
import { type DeployedHost, type MailHostSettings, useDeployedHost } from "../helpers/deployedHost.ts";
import { activationsSince, complaints, dovecotReload, journalCursor } from "../helpers/hostJournal.ts";
import { openImapAs } from "../helpers/imapConversation.ts";
import { findSecrets } from "../helpers/secretSearch.ts";
import { servedCertificates } from "../helpers/servedCertificates.ts";
import { makeCertificate, type TestCertificate, type TestCertificateArgs } from "../unit/components/certificates.ts";

const name = "mail.domain.tld";
/** The only one that clients know. */
const root = await makeCertificate("Test root", { to: 400 });
const authority = await makeCertificate("Test authority", { issuer: root, to: 400 });
const renewedAuthority = await makeCertificate("Test authority", { issuer: root, keys: authority.keys, to: 500 });
const issue = (args: TestCertificateArgs = {}): Promise<TestCertificate> =>
  makeCertificate(name, { names: [name], issuer: authority, to: 90.5, ...args });
const first = await issue();
const second = await issue({ to: 12.5 });
const third = await issue();
const fourth = await issue();
const [expired, ofAnotherName, stranger] = [
  await issue({ from: -20, to: -2 }),
  await issue({ names: ["other.domain.tld"] }),
  await issue(),
];

const live = `/etc/letsencrypt/live/${name}`;
const certificateFile = `${live}/fullchain.pem`;
const privateKeyFile = `${live}/privkey.pem`;

const selfSigned: MailHostSettings = { domains: { "domain.tld": { mailboxes: { alice: {} } } } };
const withFiles: MailHostSettings = {
  ...selfSigned,
  tls: { source: "files", certificateFile, privateKeyFile },
};

const mail = useDeployedHost(selfSigned);
const trusting = (): DeployedHost => ({ ...mail(), certificateAuthority: root.certificate });

/** Puts them where certbot does: numbered files that fixed links point to. */
async function install(
  { certificate, privateKey }: Pick<TestCertificate, "certificate" | "privateKey">,
  issuer = authority,
): Promise<void> {
  const archive = `/etc/letsencrypt/archive/${name}`;
  await mail().host.run(`
    umask 077 && mkdir -p ${live} ${archive}
    number=$(($(ls ${archive} | wc -l) + 1))
    cat >${archive}/fullchain$number.pem <<'END'
${chainOf(certificate, issuer)}END
    cat >${archive}/privkey$number.pem <<'END'
${privateKey}END
    ln -sf ../../archive/${name}/fullchain$number.pem ${certificateFile}
    ln -sf ../../archive/${name}/privkey$number.pem ${privateKeyFile}`);
}

const chainOf = (certificate: string, issuer = authority): string =>
  [certificate, issuer.certificate, root.certificate].map((each) => `${each}\n`).join("");

const fingerprintOf = ({ certificate }: TestCertificate): string => new X509Certificate(certificate).fingerprint256;
const threeTimes = (certificate: TestCertificate): string[] => Array(3).fill(fingerprintOf(certificate));
const lastDayOf = ({ certificate }: TestCertificate): string =>
  new X509Certificate(certificate).validToDate.toISOString().slice(0, 10);
const summaryOf = ({ certificate }: TestCertificate, issuer = authority): string =>
  certificateFingerprint(chainOf(certificate, issuer));

/** What is wrong, seen from this machine, where that certificate and those above it should be shown. */
function complaintsOf(certificate: TestCertificate, issuer = authority): Promise<string[]> {
  const at = (port: number) => ({ address: mail().host.address, port });
  return acceptanceComplaints({
    hostname: name,
    certificateAuthority: root.certificate,
    certificateFingerprint: summaryOf(certificate, issuer),
    endpoints: { smtp: at(25), submission: at(587), imap: at(143) },
  });
}

/** Files that we write, with their times. */
async function configuration(): Promise<string> {
  const { stdout } = await mail().host.run(
    "find /etc /var/lib/mailhost -path /etc/letsencrypt -prune -o -type f -printf '%p %T@ %m %u\\n' | sort",
  );
  return stdout;
}

test("files that are not there are missed at preview", async () => {
  const before = await configuration();
  const failure = await mail().preview(withFiles).catch(String);
  expect(failure).toContain(`mailhost:tls.certificateFile: there is no file ${certificateFile} on the host`);
  expect(failure).toContain(`mailhost:tls.privateKeyFile: there is no file ${privateKeyFile} on the host`);
  expect(await configuration()).toBe(before);
});

describe("a certificate in files of certbot's", () => {
  test("is served on 25, 587 and 143 in place of the self-signed one, and its facts are told", async () => {
    await install(first);
    await mail().deploy(withFiles);
    const outputs = await mail().project.outputs();
    expect(outputs.certificate).toEqual({
      secret: false,
      value: { names: [name], issuer: "CN=Test authority", expires: lastDayOf(first), daysLeft: 90 },
    });
    expect(String(outputs.certificateAuthority?.value).trim()).toBe(root.certificate.trim());
    expect(await servedCertificates(trusting())).toEqual(threeTimes(first));
    expect(await complaintsOf(first)).toEqual([]);
    expect(await mail().host.run("ls /etc/ssl/private/mailhost.pem")).toMatchObject({ code: 2 });
  });

  test("is left alone by the next up", async () => {
    const cursor = await journalCursor(mail().host);
    const { changes } = await mail().deploy(withFiles);
    expect(Object.keys(changes)).toEqual(["same"]);
    expect(await activationsSince(mail().host, cursor)).toBe(0);
  });

  test("once renewed is shown by a preview, then served by up, and nobody is disconnected", async () => {
    using imap = await openImapAs(trusting(), "alice@domain.tld");
    await install(second);
    const { changeSummary, stdout, stderr } = await mail().preview(withFiles);
    expect(changeSummary.update).toBe(1);
    expect(stdout).toContain(`"${summaryOf(first)}" => "${summaryOf(second)}"`);
    expect(stdout).toMatch(/~ daysLeft: 90 => 12/);
    expect(stderr).toContain(
      `the certificate ends on ${lastDayOf(second)} (days left: 12), and nothing here renews it: renew ${certificateFile} (mailhost:tls.certificateFile)`,
    );
    const { changes } = await mail().deploy(withFiles);
    expect(changes).toMatchObject({ update: 1 });
    expect(await servedCertificates(trusting())).toEqual(threeTimes(second));
    expect(await imap.say("SELECT INBOX")).toMatch(/^OK/m);
  });

  test("once renewed is served without up where the daemons are told of it, and up has nothing to do", async () => {
    await install(third);
    await mail().host.run("doveadm reload; postfix reload");
    await expect.poll(() => servedCertificates(trusting()), { timeout: 20_000 }).toEqual(threeTimes(third));
    const cursor = await journalCursor(mail().host);
    expect(Object.keys((await mail().preview(withFiles)).changeSummary)).toEqual(["same"]);
    expect(Object.keys((await mail().deploy(withFiles)).changes)).toEqual(["same"]);
    expect(await activationsSince(mail().host, cursor)).toBe(0);
  });

  test("once renewed is shown by a preview where one of the daemons has been told of it, and not the other", async () => {
    await install(fourth);
    await mail().host.run("postfix reload");
    const shown = [fourth, fourth, third].map(fingerprintOf);
    await expect.poll(() => servedCertificates(trusting()), { timeout: 20_000 }).toEqual(shown);
    const { changeSummary, stdout } = await mail().preview(withFiles);
    expect(changeSummary.update).toBe(1);
    expect(stdout).toContain(`"${summaryOf(third)}" => "${summaryOf(fourth)}"`);
    await mail().deploy(withFiles);
    expect(await servedCertificates(trusting())).toEqual(threeTimes(fourth));
  });

  test("is read anew where the certificate above it alone has changed", async () => {
    await install(fourth, renewedAuthority);
    const { changeSummary, stdout } = await mail().preview(withFiles);
    expect(changeSummary.update).toBe(1);
    expect(stdout).toContain(`"${summaryOf(fourth)}" => "${summaryOf(fourth, renewedAuthority)}"`);
    const unread = await complaintsOf(fourth, renewedAuthority);
    expect(unread).toHaveLength(3);
    for (const complaint of unread) expect(complaint).toMatch(/: shows the certificate .*, but not those above it/);
    await mail().deploy(withFiles);
    expect(await complaintsOf(fourth, renewedAuthority)).toEqual([]);
    await install(fourth);
    await mail().deploy(withFiles);
    expect(await complaintsOf(fourth)).toEqual([]);
  });
});

interface Mistake {
  what: string;
  pair: Pick<TestCertificate, "certificate" | "privateKey">;
  says: string;
}

describe("files that cannot be used are refused at preview, and nothing is changed:", () => {
  const mistakes: readonly [Mistake, ...Mistake[]] = [
    {
      what: "a key of another certificate",
      pair: { certificate: first.certificate, privateKey: stranger.privateKey },
      says: `mailhost:tls.privateKeyFile: ${privateKeyFile} on the host: does not belong to the certificate of CN=${name}`,
    },
    {
      what: "a key that is none",
      pair: { certificate: first.certificate, privateKey: first.privateKey.replace("BEGIN", "begin") },
      says: `mailhost:tls.privateKeyFile: ${privateKeyFile} on the host: must be a private key in PEM form`,
    },
    {
      what: "another name",
      pair: ofAnotherName,
      says: `mailhost:tls.certificateFile: ${certificateFile} on the host: must cover the name ${name}, but covers DNS:other.domain.tld`,
    },
    {
      what: "an end in the past",
      pair: expired,
      says: `mailhost:tls.certificateFile: ${certificateFile} on the host: CN=${name} expired on ${lastDayOf(expired)}`,
    },
    {
      what: "a key in place of the host's certificate",
      pair: { certificate: stranger.privateKey, privateKey: third.privateKey },
      says: `mailhost:tls.privateKeyFile: ${privateKeyFile} on the host: does not belong to the certificate of CN=Test authority`,
    },
  ];

  test.each(mistakes)("$what", async ({ pair, says }) => {
    await install(pair);
    const before = await configuration();
    const cursor = await journalCursor(mail().host);
    expect(await mail().preview(withFiles).catch(String)).toContain(says);
    expect(await configuration()).toBe(before);
    expect(await activationsSince(mail().host, cursor)).toBe(0);
  });

  test("up refuses them too, and once they are right again nothing has to be done", async () => {
    const [{ pair, says }] = mistakes;
    await install(pair);
    expect(await mail().deploy(withFiles).catch(String)).toContain(says);
    expect(await servedCertificates(trusting())).toEqual(threeTimes(fourth));
    await install(fourth);
    expect(Object.keys((await mail().preview(withFiles)).changeSummary)).toEqual(["same"]);
  });
});

test("a private key is on the host alone, where it was put and where Dovecot needs it", async () => {
  const keys = [first, second, third, fourth, stranger].map(({ privateKey }) => privateKey.split("\n")[1] ?? "");
  for (const key of keys) {
    expect(mail().project.state()).not.toContain(key);
    expect(mail().project.output()).not.toContain(key);
  }
  expect(await findSecrets(mail().host, keys)).toEqual([]);
});

test("the daemons have nothing to complain of", async () => {
  expect(await complaints(mail().host, [dovecotReload])).toEqual([]);
});

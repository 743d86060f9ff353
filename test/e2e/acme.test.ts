import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:https";
import { afterAll, describe, expect, test } from "vitest";
import { acceptanceComplaints } from "../../acceptance/acceptanceCheck.ts";
import { foreignDomain } from "../../tools/testhost/dns.ts";
import { type AcmeServer, startAcmeServer } from "../helpers/acmeServer.ts";
import { type DeployedHost, type MailHostSettings, useDeployedHost } from "../helpers/deployedHost.ts";
import { activationsSince, complaints, dovecotReload, journalCursor } from "../helpers/hostJournal.ts";
import { openImapAs } from "../helpers/imapConversation.ts";
import { findSecrets } from "../helpers/secretSearch.ts";
import { servedCertificates } from "../helpers/servedCertificates.ts";
import { openSubmissionAs } from "../helpers/smtpConversation.ts";
import { makeCertificate } from "../unit/components/certificates.ts";

const name = "mail.domain.tld";
/** The second address of the host has it. */
const secondName = "mail-2.domain.tld";
const folder = "/var/lib/mailhost/acme";
const bundle = `${folder}/certificate.pem`;

let server: AcmeServer;
/** With the service on the ports where TLS begins at once, and by the authority of the test where nothing else is said. */
const withAcme = (tls: object = {}, others: Partial<MailHostSettings> = {}): MailHostSettings => ({
  domains: { "domain.tld": { mailboxes: { alice: {} } } },
  postfix: { submissions: true },
  dovecot: { imaps: true },
  tls: {
    source: "acme",
    email: "postmaster@domain.tld",
    directory: server.directory,
    directoryCertificateAuthority: server.https.certificate,
    ...tls,
  },
  ...others,
});

const mail = useDeployedHost(
  async (lab) => {
    server = await startAcmeServer(lab);
    return withAcme();
  },
  { addresses: 2, isFurnished: false },
);
const trusting = (): DeployedHost => ({ ...mail(), certificateAuthority: server.root });

const opened: { stop(): Promise<void> }[] = [];
afterAll(async () => {
  for (const each of [server, ...opened]) await each?.stop();
});

const run = async (command: string, stdin?: string): Promise<string> => (await mail().host.run(command, stdin)).stdout;

/** The certificate that is in use by what lies on the host. */
const installed = async (): Promise<X509Certificate> => new X509Certificate(await run(`openssl x509 -in ${bundle}`));
const fingerprint = async (): Promise<string> => (await installed()).fingerprint256;
const threeTimes = (certificate: string): string[] => Array(3).fill(certificate);

/** What is wrong on all five ports, seen from this machine by a client that knows the root alone. */
function complaintsOfClient(): Promise<string[]> {
  const at = (port: number) => ({ address: mail().host.address, port });
  const endpoints = { smtp: at(25), submission: at(587), submissions: at(465), imap: at(143), imaps: at(993) };
  return acceptanceComplaints({ hostname: name, certificateAuthority: server.root, endpoints });
}

/** Puts another certificate of the same names in place of the one in use, as it would be after some weeks, and has it served. */
async function ageCertificate(): Promise<string> {
  const { subjectAltName = "" } = await installed();
  const names = [...subjectAltName.matchAll(/DNS:([^,]+)/g)].map(([, name = ""]) => name);
  const old = await makeCertificate(name, { names, from: -70, to: 20.5 });
  await run(
    `(head -n 1 ${bundle}; cat) >${bundle}.old && mv ${bundle}.old ${bundle}; postfix reload; doveadm reload`,
    `${old.privateKey}${old.certificate}\n`,
  );
  const shown = new X509Certificate(old.certificate).fingerprint256;
  await expect
    .poll(() => servedCertificates({ ...mail(), certificateAuthority: old.certificate }), { timeout: 60_000 })
    .toEqual(threeTimes(shown));
  return old.certificate;
}

/** The types of the resources that a preview shows an update of. */
const updatesIn = ({ stdout }: { stdout: string }): (string | undefined)[] =>
  [...stdout.matchAll(/^ *~ (\S+): \(update\)$/gm)].map(([, type]) => type);

/** As the timer does. Answers what the service says where it fails. */
async function renew(): Promise<string> {
  const cursor = await journalCursor(mail().host);
  const { code } = await mail().host.run("systemctl start mailhost-acme.service");
  if (code === 0) return "";
  return run(`journalctl --quiet --no-pager --output=cat --after-cursor='${cursor}' --unit=mailhost-acme.service`);
}

/** Makes the host a name server of its own domain, which a key may change, and of all others by way of the lab's. */
async function startNameServer(secret: string): Promise<void> {
  const { host, lab } = mail();
  const [first = "", second = ""] = host.addresses;
  const configuration = `
options {
  directory "/var/cache/bind"; listen-on { any; }; dnssec-validation no;
  allow-recursion { any; }; forward only; forwarders { ${lab.gateway}; };
};
key "acme." { algorithm hmac-sha256; secret "${secret}"; };
zone "domain.tld" { type primary; file "/var/lib/bind/domain.tld"; allow-update { key "acme."; }; };
`;
  const zone = `$TTL 60
@ SOA ns root 1 3600 600 86400 60
@ NS ns
@ MX 10 mail
ns A ${first}
mail A ${first}
mail-2 A ${second}
`;
  await run("DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends bind9 >/dev/null");
  await run("cat >/etc/bind/named.conf", configuration);
  await run("cat >/var/lib/bind/domain.tld && chown bind /var/lib/bind/domain.tld", zone);
  await run("systemctl restart named && echo nameserver 127.0.0.1 >/etc/resolv.conf");
  await expect.poll(() => run("getent ahostsv4 mail-2.domain.tld"), { timeout: 60_000 }).toContain(second);
}

interface LimitedAuthority extends AsyncDisposable {
  readonly directory: string;
  /** How many certificates it was asked for. */
  orders(): number;
}

/** An authority with the accounts of another one, that issues no more certificates. */
async function startLimitedAuthority(other: AcmeServer, address: string): Promise<LimitedAuthority> {
  let orders = 0;
  const given: unknown = JSON.parse(await other.fetch(other.directory));
  const limited = createServer({ cert: other.https.certificate, key: other.https.privateKey }, (request, response) => {
    const { port } = Object(limited.address());
    if (request.url === "/dir") {
      response.end(JSON.stringify({ ...Object(given), newOrder: `https://${address}:${port}/order` }));
      return;
    }
    orders += 1;
    const detail = "too many certificates already issued for these names: retry after 2030-01-01";
    response.writeHead(429, { "content-type": "application/problem+json", "replay-nonce": "bm9uY2U" });
    response.end(JSON.stringify({ type: "urn:ietf:params:acme:error:rateLimited", detail, status: 429 }));
  });
  limited.listen(0, address);
  await once(limited, "listening");
  return {
    directory: `https://${address}:${Object(limited.address()).port}/dir`,
    orders: () => orders,
    [Symbol.asyncDispose]: async () => {
      limited.closeAllConnections();
      limited.close();
    },
  };
}

describe("the first up of a bare host", () => {
  test("obtains a certificate that is served on all ports", async () => {
    expect(await complaintsOfClient()).toEqual([]);
    const { certificate, certificateAuthority } = await mail().project.outputs();
    expect(certificate?.value).toMatchObject({ names: [name], issuer: expect.stringMatching(/^CN=Pebble/) });
    expect(certificateAuthority?.value).toBeNull();
    expect(server.issued()).toBe(1);
  });

  test("leaves nothing that listens on port 80, and a timer", async () => {
    expect(await run("ss -Hltn 'sport = :80'")).toBe("");
    expect(await run("systemctl is-enabled mailhost-acme.timer; systemctl is-active mailhost-acme.timer")).toBe(
      "enabled\nactive\n",
    );
  });

  test("is followed by one without changes", async () => {
    const cursor = await journalCursor(mail().host);
    const { changes } = await mail().deploy(withAcme());
    expect(Object.keys(changes)).toEqual(["same"]);
    expect(await activationsSince(mail().host, cursor)).toBe(0);
    expect(server.issued()).toBe(1);
  });

  test("keeps all keys for root alone", async () => {
    expect(await run(`find ${folder} /etc/mailhost ! -name '*.pem' -type f -perm /077`)).toBe("");
    expect(await run(`stat -c '%U:%G %a' ${bundle}`)).toBe("root:root 600\n");
    expect(await run("stat -c '%U:%G %a' /var/lib/mailhost")).toBe("root:root 700\n");
  });
});

test("a program that listens on port 80 is told of at preview, where it would be in the way", async () => {
  await run("systemd-run --quiet --unit=web systemd-socket-activate --listen=80 cat");
  await expect.poll(() => run("ss -Hltn 'sport = :80'"), { timeout: 60_000 }).not.toBe("");
  const failure = await mail()
    .preview(withAcme({ names: [secondName] }))
    .catch(String);
  expect(failure).toMatch(
    /mailhost:tls\.challenge: the authority has to be answered on port 80 by the host itself, but systemd-\S+ listens on \S+:80 of the host/,
  );
  expect(Object.keys((await mail().preview(withAcme())).changeSummary)).toEqual(["same"]);
  await run("systemctl stop web");
});

test("another name brings another certificate in the same up, and nobody is disconnected", async () => {
  using imap = await openImapAs(trusting(), "alice@domain.tld");
  await imap.say("SELECT INBOX");
  const { changeSummary, stdout } = await mail().preview(withAcme({ names: [secondName] }));
  expect(changeSummary.update, stdout).toBeGreaterThan(0);
  expect(stdout).toMatch(/\+ \[1\]: "mail-2\.domain\.tld"/);
  await mail().deploy(withAcme({ names: [secondName] }));
  expect(server.issued()).toBe(2);
  expect(await complaintsOfClient()).toEqual([]);
  expect((await installed()).checkHost(secondName)).toBe(secondName);
  expect(await imap.say("NOOP")).toMatch(/^OK/m);
  expect(Object.keys((await mail().preview(withAcme({ names: [secondName] }))).changeSummary)).toEqual(["same"]);
});

describe("where the authority issues no certificate, up fails with its words, and the present one stays in use:", () => {
  const settings = () => withAcme({ names: [secondName] });

  /** What `up` says, which must change nothing of what is served. */
  async function failureOf(changed: MailHostSettings): Promise<string> {
    const [served, cursor] = [await fingerprint(), await journalCursor(mail().host)];
    const failure = await mail().deploy(changed).catch(String);
    expect(await servedCertificates(trusting())).toEqual(threeTimes(served));
    expect(await activationsSince(mail().host, cursor)).toBe(0);
    return String(failure);
  }

  test("a challenge that fails, as for a name of another host", async () => {
    const stranger = `client.${foreignDomain}`;
    const failure = await failureOf(withAcme({ names: [secondName, stranger] }));
    expect(failure).toContain(`${server.directory} issued no certificate for ${name} ${secondName} ${stranger}:`);
    expect(failure).toMatch(/\[client\.elsewhere\.example\] acme: error: 400 :: urn:ietf:params:acme:error:connection/);
    expect(failure).not.toContain("[INFO]");
  });

  test("a rate limit, after which nothing is asked again", async () => {
    await using limited = await startLimitedAuthority(server, mail().lab.gateway);
    const failure = await failureOf(withAcme({ names: [secondName], directory: limited.directory }));
    expect(failure).toContain("urn:ietf:params:acme:error:rateLimited :: too many certificates already issued");
    expect(limited.orders()).toBe(1);
  });

  test("a directory that is not there", async () => {
    const directory = `https://${mail().lab.gateway}:1/dir`;
    const failure = await failureOf(withAcme({ names: [secondName], directory }));
    expect(failure).toContain(`get directory at '${directory}'`);
    expect(failure).toContain("connection refused");
  });

  test("with the settings of before, nothing is asked", async () => {
    await mail().deploy(settings());
    expect(server.issued()).toBe(2);
    expect(Object.keys((await mail().preview(settings())).changeSummary)).toEqual(["same"]);
  });
});

describe("a certificate with less than a third of its time left", () => {
  const settings = () => withAcme({ names: [secondName] });

  test("is shown by a preview, and renewed by the timer's service, which leaves sessions alone", async () => {
    const old = await ageCertificate();
    expect(await mail().project.drift()).toEqual(["mail-acme"]);
    const { stdout } = await mail().preview(settings());
    expect(stdout).toMatch(/certificate *: "renewal is due: it ends on \d{4}-\d\d-\d\d" => "good"/);
    using imap = await openImapAs({ ...mail(), certificateAuthority: old }, "alice@domain.tld");
    await imap.say("SELECT INBOX");
    const done = await imap.idle();
    expect(await renew()).toBe("");
    expect(server.issued()).toBe(3);
    expect(await servedCertificates(trusting())).toEqual(threeTimes(await fingerprint()));
    expect(await complaintsOfClient()).toEqual([]);
    expect(await done()).toMatch(/^OK/m);
    expect(await mail().project.drift()).toEqual([]);
    // It knows the certificate itself, because nobody here knows the authority.
    expect(updatesIn(await mail().preview(settings()))).toEqual(["command:local:Command"]);
  });

  test("is renewed once only", async () => {
    const [before, cursor] = [await fingerprint(), await journalCursor(mail().host)];
    expect(await renew()).toBe("");
    expect([await fingerprint(), server.issued()]).toEqual([before, 3]);
    expect(await activationsSince(mail().host, cursor)).toBe(0);
  });

  test("is renewed without a complaint of the daemons", async () => {
    expect(await complaints(mail().host, [dovecotReload])).toEqual([]);
  });

  test("comes back where a daemon does not show the new one, which is then used without another question", async () => {
    await ageCertificate();
    const before = await fingerprint();
    await run("systemctl stop dovecot");
    expect(await renew()).toMatch(/the certificate is not shown on \*:143 \*:993/);
    expect([await fingerprint(), server.issued()]).toEqual([before, 4]);
    await run("systemctl start dovecot");
    expect(await renew()).toBe("");
    expect(server.issued()).toBe(4);
    expect(await servedCertificates(trusting())).toEqual(threeTimes(await fingerprint()));
  });

  test("stays where the authority does not answer: the service fails, previews tell why, and up goes on", async () => {
    const old = await ageCertificate();
    await server.stop();
    const said = await renew();
    expect(said).toContain(`${server.directory} issued no certificate for ${name} ${secondName}:`);
    expect(said).toMatch(/connect: connection refused/);
    const { stdout, stderr } = await mail().preview(settings());
    expect(stdout + stderr).toMatch(
      /the last attempt to obtain a certificate failed: \d{4}-\d\d-\d\d: .*issued no certificate/,
    );
    const { stdout: printed } = await mail().deploy({ ...settings(), mail: { quota: "2G" } });
    expect(printed).toContain("the certificate that is there stays in use");
    expect(await servedCertificates({ ...mail(), certificateAuthority: old })).toEqual(threeTimes(await fingerprint()));
  });
});

test("no private key leaves the host, nor lies elsewhere on it", async () => {
  const keys = await run(
    `cat ${folder}/*.pem $(find ${folder}/lego -name '*.key') | grep -A1 'BEGIN.*PRIVATE KEY' | grep -v -e -`,
  );
  const secrets = keys.trim().split("\n");
  expect(secrets.length).toBeGreaterThan(2);
  for (const secret of secrets) {
    expect(mail().project.state()).not.toContain(secret);
    expect(mail().project.output()).not.toContain(secret);
  }
  expect(await findSecrets(mail().host, secrets)).toEqual([]);
});

describe("by DNS records, at a name server of the test's", () => {
  const secret = Buffer.from("the secret of the updates 012345").toString("base64");
  const environment = {
    RFC2136_NAMESERVER: "127.0.0.1:53",
    RFC2136_TSIG_ALGORITHM: "hmac-sha256.",
    RFC2136_TSIG_KEY: "acme.",
    // Seconds from one record to the next: https://go-acme.github.io/lego/dns/rfc2136/
    RFC2136_SEQUENCE_INTERVAL: "1",
    RFC2136_POLLING_INTERVAL: "1",
  };
  let byDns: AcmeServer;
  const settings = (tsigSecret: string) =>
    withAcme(
      {
        names: [secondName],
        directory: byDns.directory,
        directoryCertificateAuthority: byDns.https.certificate,
        challenge: { dns: "rfc2136" },
      },
      { acmeEnvironment: { ...environment, RFC2136_TSIG_SECRET: tsigSecret } },
    );

  test("a certificate is obtained without port 80", async () => {
    await startNameServer(secret);
    byDns = await startAcmeServer(mail().lab, { port: 14_001, nameServer: mail().host.address });
    opened.push(byDns);
    await run("systemd-run --quiet --unit=web systemd-socket-activate --listen=80 cat");
    await mail().deploy(settings(secret));
    expect(byDns.issued()).toBe(1);
    expect(await servedCertificates({ ...mail(), certificateAuthority: byDns.root })).toEqual(
      threeTimes(await fingerprint()),
    );
    await run("systemctl stop web");
  });

  test("a name server that refuses the credentials is told of, and they are in no message", async () => {
    await run(`rm ${bundle}`);
    const { stdout } = await mail().preview({ ...settings(secret), mail: { quota: "2G" } });
    expect(stdout).toMatch(/certificate *: "none" => "good"/);
    const wrong = Buffer.from("another secret 0123456789 012345").toString("base64");
    const failure = await mail().deploy(settings(wrong)).catch(String);
    expect(failure).toMatch(/issued no certificate for [\s\S]*rfc2136: failed to insert/);
    await mail().deploy(settings(secret));
    for (const each of [secret, wrong]) {
      expect(mail().project.output() + mail().project.state()).not.toContain(each);
      expect(await findSecrets(mail().host, [each, secret])).toEqual(["/etc/bind/named.conf"]);
    }
  });
});

test("a host with a self-signed certificate gets one of the authority in one up, and keeps its own until there is one", async () => {
  const { deploy, host, lab, preview } = mail();
  await deploy(withAcme({}, { tls: { source: "self-signed" } }));
  const outputs = await mail().project.outputs();
  const trustingItself = { ...mail(), certificateAuthority: String(outputs.certificateAuthority?.value) };
  // One of before would do.
  await run(`rm -r ${folder}`);
  const served = await servedCertificates(trustingItself);
  using imap = await openImapAs(trustingItself, "alice@domain.tld");
  await imap.say("SELECT INBOX");
  const done = await imap.idle();
  using smtp = await openSubmissionAs(trustingItself, "alice@domain.tld");

  const missing = `https://${lab.gateway}:1/dir`;
  const cursor = await journalCursor(host);
  const failure = await deploy(withAcme({ directory: missing })).catch(String);
  expect(failure).toContain(`mailhost:tls: ${missing} issued no certificate for ${name}:`);
  expect(await servedCertificates(trustingItself)).toEqual(served);
  expect(await activationsSince(host, cursor)).toBe(0);

  const another = await startAcmeServer(lab, { port: 14_002 });
  opened.push(another);
  const { directory, https } = another;
  const settings = withAcme({ directory, directoryCertificateAuthority: https.certificate });
  await deploy(settings);
  const now = await mail().project.outputs();
  expect(another.issued()).toBe(1);
  expect(now.certificateAuthority?.value).toBeNull();
  const certificate = await fingerprint();
  expect(served).not.toContain(certificate);
  expect(await servedCertificates({ ...mail(), certificateAuthority: another.root })).toEqual(threeTimes(certificate));
  expect(await done()).toMatch(/^OK/m);
  const letter = { from: "alice@domain.tld", to: "alice@domain.tld", subject: "in the same session" };
  expect(await smtp.send(letter)).toMatch(/^250 /);
  // The acceptance check alone, as nobody here knows the authority.
  expect(updatesIn(await preview(settings)).filter((type) => type !== "command:local:Command")).toEqual([]);
});

test("destroy ends the timer and removes what runs it, and keeps certificate and account for another up", async () => {
  await mail().project.destroy();
  expect(
    await run("systemctl list-unit-files --no-legend 'mailhost-acme*'; systemctl is-active mailhost-acme.timer"),
  ).toBe("inactive\n");
  expect(await run("ls /usr/local/sbin /etc/mailhost 2>/dev/null")).not.toMatch(/acme/);
  expect(await run(`ls ${folder}`)).toMatch(/^certificate\.pem$/m);
});

import { describe, expect, test } from "vitest";
import { acceptanceComplaints } from "../../acceptance/acceptanceCheck.ts";
import { certificateFingerprint } from "../../resources/index.ts";
import { certificatesOf } from "../../shared/certificates/certificateChain.ts";
import type { AcceptanceSubject } from "../../shared/services.ts";
import { useDeployedHost } from "../helpers/deployedHost.ts";
import { shell } from "../helpers/providerHost.ts";
import { makeCertificate } from "../unit/components/certificates.ts";

const settings = { domains: { "domain.tld": { mailboxes: { alice: {} } } } };
const mail = useDeployedHost(settings);

/** The deployed mail host, or what is taken for it. */
function subject(changes: Partial<AcceptanceSubject> = {}): AcceptanceSubject {
  const { address } = mail().host;
  return {
    hostname: mail().hostname,
    certificateAuthority: mail().certificateAuthority,
    endpoints: {
      smtp: { address, port: 25 },
      submission: { address, port: 587 },
      imap: { address, port: 143 },
    },
    ...changes,
  };
}

/** The certificate that lies on the host, and its issuer. */
async function servedChain(): Promise<string> {
  return (await mail().host.run("cat /etc/ssl/private/mailhost.pem")).stdout;
}

describe("seen from outside, the mail host", () => {
  test("is accepted", async () => {
    expect(await acceptanceComplaints(subject())).toEqual([]);
  });

  test("is not another one", async () => {
    const complaints = await acceptanceComplaints(subject({ hostname: "other.domain.tld" }));
    const { address } = mail().host;
    expect(complaints).toHaveLength(5);
    for (const service of [`smtp (${address} port 25)`, `submission (${address} port 587)`]) {
      expect(complaints).toContainEqual(expect.stringContaining(`${service}: greets with "220 mail.domain.tld `));
    }
    expect(complaints).toContainEqual(
      expect.stringMatching(/^imap .*: Hostname\/IP does not match certificate's altnames: .*mail\.domain\.tld/),
    );
  });

  test("is not trusted without its authority", async () => {
    const { certificateAuthority: _, ...stranger } = subject();
    const complaints = await acceptanceComplaints(stranger);
    expect(complaints).toHaveLength(3);
    for (const complaint of complaints) expect(complaint).toMatch(/unable to get local issuer certificate/);
  });

  test("is known by its certificate", async () => {
    const { certificateAuthority: _, ...stranger } = subject();
    const chain = await servedChain();
    const known = certificateFingerprint(chain);
    expect(await acceptanceComplaints({ ...stranger, certificateFingerprint: known })).toEqual([]);
    const other = await makeCertificate("mail.domain.tld");
    const expected = certificateFingerprint(other.certificate);
    const complaints = await acceptanceComplaints(subject({ certificateFingerprint: expected }));
    expect(complaints).toHaveLength(3);
    const shown = certificateFingerprint(certificatesOf(chain)[0] ?? "");
    for (const complaint of complaints) {
      expect(complaint).toContain(`: shows the certificate ${shown}, but ${expected} was deployed`);
    }
    const misnamed = { ...stranger, hostname: "other.domain.tld", certificateFingerprint: known };
    expect(await acceptanceComplaints(misnamed)).toContainEqual(
      expect.stringMatching(/^imap .*: Hostname\/IP does not match certificate's altnames: /),
    );
  });

  test("is missed where nothing listens", async () => {
    const { endpoints } = subject();
    const { address } = mail().host;
    const complaints = await acceptanceComplaints(
      subject({ endpoints: { ...endpoints, imap: { address, port: 144 } } }),
    );
    expect(complaints).toEqual([`imap (${address} port 144): connect ECONNREFUSED ${address}:144`]);
  });

  test("is told from one that takes passwords in clear", async () => {
    const { host } = mail();
    await host.run("cp -a /etc/postfix/master.cf /root/ && postconf -P submission/inet/smtpd_tls_auth_only=no");
    await host.run("postconf -P submission/inet/smtpd_tls_security_level=may && postfix reload");
    await expect
      .poll(() => acceptanceComplaints(subject()), { timeout: 20_000, interval: 500 })
      .toEqual([`submission (${host.address} port 587): offers log-in (AUTH) before TLS`]);
    await host.run("cp -a /root/master.cf /etc/postfix/ && postfix reload");
    await expect.poll(() => acceptanceComplaints(subject()), { timeout: 20_000, interval: 500 }).toEqual([]);
  });
});

describe("a deployment", () => {
  test("tells the versions that are on the host", async () => {
    const { changes } = await mail().deploy(settings);
    const outputs = await mail().project.outputs();
    expect(Object.keys(changes)).toEqual(["same"]);
    const { stdout } = await mail().host.run(
      `. /etc/os-release; echo "$PRETTY_NAME"; dpkg-query -W -f '\${Version}\\n' postfix dovecot-core`,
    );
    const [debian, ...versions] = stdout.trim().split("\n");
    expect(outputs.versions).toEqual({
      secret: false,
      value: { debian, postfix: expect.toBeOneOf(versions), dovecot: expect.toBeOneOf(versions) },
    });
  });

  test("checks again when the configuration has changed, and not when users have", async () => {
    const { domains } = settings;
    const users = { domains: { "domain.tld": { mailboxes: { ...domains["domain.tld"].mailboxes, bob: {} } } } };
    expect((await mail().preview(users)).changeSummary.update).toBe(1);
    const larger = { ...settings, mail: { messageSizeLimit: 1_000_000 } };
    const { stdout } = await mail().deploy(larger);
    expect(stdout).toMatch(/Command +mail-acceptance-check updated/);
    expect(stdout).not.toContain("accepted");
  });

  test("behind a firewall fails by what cannot be reached, undoes nothing, and succeeds when the way is open", async () => {
    const { host, lab } = mail();
    await shell(
      host,
      `apt-get -q -y install --no-install-recommends nftables >/dev/null 2>&1
       nft 'add table ip closed; add chain ip closed in { type filter hook input priority 0; }
         add rule ip closed in ip saddr ${lab.gateway} tcp dport { 25, 587, 143 } drop'`,
    );
    const larger = { ...settings, mail: { messageSizeLimit: 2_000_000 } };
    const failure = await mail().deploy(larger).catch(String);
    expect(failure).toMatch(/Acceptance check: the mail host was deployed, and nothing of it was undone/);
    for (const port of [25, 587, 143])
      expect(failure).toContain(`(${host.address} port ${port}): no answer within 20 s`);
    expect(await shell(host, "postconf -h message_size_limit")).toBe("2000000");
    await shell(host, "nft delete table ip closed");
    const { stdout } = await mail().deploy(larger);
    expect(stdout).toMatch(/Command +mail-acceptance-check (?:created|updated)/);
  });

  test("succeeds where the resolver of the host does not answer", async () => {
    const { host } = mail();
    await shell(host, "cp /etc/resolv.conf /root/ && echo 'nameserver 192.0.2.1' >/etc/resolv.conf");
    const listenAddresses = [host.address];
    await mail().deploy({ ...settings, postfix: { listenAddresses }, mail: { messageSizeLimit: 3_000_000 } });
    expect(await shell(host, "postconf -h message_size_limit")).toBe("3000000");
    await shell(host, "cat /root/resolv.conf >/etc/resolv.conf");
  });

  test("fails with what is wrong, undoes nothing, and checks again next time", async () => {
    const open = { ...settings, postfix: { mynetworks: ["127.0.0.0/8", mail().lab.gateway] } };
    for (let attempt = 0; attempt < 2; attempt++) {
      const failure = await mail().deploy(open).catch(String);
      expect(failure).toMatch(/mail-acceptance-check.*\s+.*acceptance\/main\.ts/);
      expect(failure).toMatch(/Acceptance check: .* nothing of it was undone/);
      expect(failure).toMatch(/smtp \(.* port 25\): relays for strangers: RCPT .* is answered 4/);
    }
    expect((await mail().host.run("postconf -h mynetworks")).stdout).toContain(mail().lab.gateway);
    await mail().deploy({ ...open, acceptanceCheck: false });
  });
});

describe("a certificate that was given", async () => {
  const root = await makeCertificate("Test root", { to: 400 });
  const issuer = await makeCertificate("Test authority", { issuer: root, to: 400 });
  const own = await makeCertificate("mail.domain.tld", { names: ["mail.domain.tld"], issuer, to: 90 });
  const fingerprint = certificateFingerprint(`${own.certificate}\n${issuer.certificate}`);
  const given = { ...own, authority: root.certificate, fingerprint: "" };
  /** What a client sees that knows the root alone, and one that knows what should have been deployed. */
  const seenByClients = () =>
    Promise.all([
      acceptanceComplaints(subject({ certificateAuthority: root.certificate })),
      acceptanceComplaints(subject({ certificateAuthority: undefined, certificateFingerprint: fingerprint })),
    ]);

  test("needs no authority that is known here, but what is missing above it is warned of", async () => {
    const { stdout, stderr } = await mail().deploy({ ...settings, certificate: given });
    const outputs = await mail().project.outputs();
    expect(stdout).toMatch(/Command +mail-acceptance-check created/);
    expect(stdout + stderr).toContain(": add the certificate of CN=Test authority to mailhost:tls.certificateChain");
    expect(outputs.certificateFingerprint?.value).toBe(certificateFingerprint(own.certificate));
    expect(outputs.certificateAuthority?.value).toBeNull();
  });

  test("is not trusted without the one above it", async () => {
    const [byRoot, byFingerprint] = await seenByClients();
    expect(byRoot).toHaveLength(3);
    for (const complaint of byRoot) expect(complaint).toMatch(/unable to verify the first certificate/);
    expect(byFingerprint).toHaveLength(3);
    for (const complaint of byFingerprint) expect(complaint).toMatch(/but not those above it \(intermediate/);
  });

  test("is served with the one above it by both daemons", async () => {
    await mail().deploy({
      ...settings,
      certificate: { ...given, certificate: `${own.certificate}\n${issuer.certificate}` },
    });
    expect(await seenByClients()).toEqual([[], []]);
  });
});

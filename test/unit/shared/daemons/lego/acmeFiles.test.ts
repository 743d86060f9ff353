import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { renderAcmeCredentials, renderAcmeFiles } from "../../../../../shared/daemons/lego/acmeFiles.ts";
import { dnsProviders } from "../../../../../shared/daemons/lego/dnsProviders.ts";
import { daemonsOf } from "../../../../../shared/daemons/registry.ts";
import { checkoutFolder } from "../../../../../tools/launch/paths.mjs";
import { sampleModel } from "../../../components/sample.ts";

/** The files of a host by path: their text, and owner and mode. */
function filesOf(tls: object, others: object = {}): Record<string, { content: string; attributes: string }> {
  const acme = { source: "acme", email: "alice@domain.tld", ...tls };
  const model = sampleModel({ tls: acme, ...others });
  return Object.fromEntries(
    renderAcmeFiles(model, daemonsOf(model)).map(({ path, content, attributes }) => [path, { content, attributes }]),
  );
}

const settings = "/etc/mailhost/acme.conf";

test("a host that has its certificate from elsewhere has no such file", () => {
  const model = sampleModel();
  expect(renderAcmeFiles(model, daemonsOf(model))).toEqual([]);
  expect(daemonsOf(model).map(({ name }) => name)).not.toContain("lego");
});

test("the settings are for root, and without any given, those of Let's Encrypt and HTTP", () => {
  const { content = "", attributes } = filesOf({})[settings] ?? {};
  expect(attributes).toBe("root:root 0600");
  expect(content).toContain("directory='https://acme-v02.api.letsencrypt.org/directory'\n");
  expect(content).toContain("email='alice@domain.tld'\n");
  expect(content).toContain("names='mail.domain.tld'\n");
  expect(content).toContain("challenge='--http'\n");
  expect(content).toContain("listeners='smtp=*:25 smtp=*:587 imap=*:143'\n");
  expect(content).not.toContain("LEGO_CA_CERTIFICATES");
});

test("what is given stands in the settings, each name once", () => {
  const authority = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
  const directory = "https://ca.company.example:9000/acme/acme/directory";
  const files = filesOf(
    {
      directory,
      names: ["imap.domain.tld", "mail.domain.tld"],
      challenge: { dns: "hetzner" },
      environment: { HETZNER_API_KEY: "x" },
      directoryCertificateAuthority: authority,
    },
    { postfix: { submissions: true, listenAddresses: ["192.0.2.1"] }, dovecot: { imaps: true } },
  );
  const { content = "" } = files[settings] ?? {};
  expect(content).toContain(`directory='${directory}'\n`);
  expect(content).toContain("names='mail.domain.tld imap.domain.tld'\n");
  expect(content).toContain("challenge='--dns hetzner'\n");
  expect(content).toMatch(/^listeners='smtp=192\.0\.2\.1:25 .*tls=192\.0\.2\.1:465 imap=\*:143 tls=\*:993'$/m);
  expect(content).toContain("export LEGO_CA_CERTIFICATES=/etc/mailhost/acme-directory.pem\n");
  expect(files["/etc/mailhost/acme-directory.pem"]).toEqual({
    content: `${authority}\n`,
    attributes: "root:root 0644",
  });
});

test("credentials reach the shell as they are", () => {
  const environment = { B_TOKEN: 'it\'s $HOME `id` \\ "x"\nsecond line', A_USER: "alice" };
  const script = `${renderAcmeCredentials(environment)}printf '%s|%s|%s' "$A_USER" "$B_TOKEN" "$variables"`;
  expect(execFileSync("sh", ["-c", script], { encoding: "utf8" })).toBe(`alice|${environment.B_TOKEN}|A_USER B_TOKEN`);
});

test("the page about certificates names all DNS providers", () => {
  const page = readFileSync(join(checkoutFolder, "docs", "certificates.md"), "utf8");
  const [, list = ""] = /knows these providers:\n\n([^.]*)\.\n/.exec(page) ?? [];
  expect([...list.matchAll(/`(\w+)`/g)].map(([, provider]) => provider)).toEqual(dnsProviders);
});

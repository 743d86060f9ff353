import { generateKeyPairSync } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { makeCertificate } from "./certificates.ts";
import { sampleArgs, sampleHash } from "./sample.ts";

const { certificate, privateKey } = await makeCertificate("mail.domain.tld", { names: ["mail.domain.tld"], to: 90 });
const pem = { type: "pkcs8", format: "pem" } as const;
const made = {
  ECDSA: privateKey,
  RSA: String(generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export(pem)),
  ED25519: String(generateKeyPairSync("ed25519").privateKey.export(pem)),
};
const given = String(generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export(pem));

/** Type and name of each resource to its inputs. */
const registered = new Map<string, Record<string, unknown>>();

await pulumi.runtime.setMocks(
  {
    newResource: ({ name, type, inputs }) => {
      registered.set(`${type} ${name}`, inputs);
      const key = made[inputs.algorithm as keyof typeof made];
      const computed = {
        ...(key === undefined ? {} : { privateKeyPem: key, privateKeyPemPkcs8: key }),
        certPem: certificate,
        ...(type === "mailhost:host:ServerCertificate" ? { privateKey, certificateChain: certificate } : {}),
        ...(type === "mailhost:host:KeptKey" ? { keptKey: inputs.privateKey } : {}),
        system: "Debian GNU/Linux 13 (trixie)",
        versions: {},
        hostId: "0123456789abcdef",
      };
      return { id: `${name}-id`, state: { ...inputs, ...computed } };
    },
    call: () => ({}),
  },
  "mailhost",
  "test",
);

const { MailHost } = await import("../../../components/index.ts");

async function resolved<Value>(output: pulumi.Output<Value>): Promise<Value> {
  return new Promise((resolve) => void output.apply(resolve));
}

/** The DNS records of keys, and names of the key resources, of a host with these settings. */
async function deploy(name: string, dkim: object | undefined) {
  const passwords = Object.fromEntries(
    ["alice@domain.tld", "bob@domain.tld", "dave@domain1.tld"].map((address) => [address, sampleHash]),
  );
  const target = { address: "192.0.2.1", hostKey: "ssh-ed25519 AAAA" };
  const children: pulumi.Resource[] = [];
  const collect: pulumi.ResourceTransformation = ({ resource }) => {
    children.push(resource);
    return undefined;
  };
  const host = new MailHost(
    name,
    { ...sampleArgs, target, passwords, ...(dkim === undefined ? {} : { dkim }) },
    { transformations: [collect] },
  );
  const records = await resolved(pulumi.output(host.dnsRecords));
  await Promise.all(children.map(({ urn }) => resolved(urn)));
  const names = [...registered.keys()].flatMap((key) => key.match(new RegExp(` (${name}-.*)`))?.[1] ?? []);
  return {
    records: records.filter(({ name }) => name.includes("._domainkey.")),
    resources: names.map((resource) => resource.slice(name.length + 1)),
    configuration: registered.get(`mailhost:host:ConfigSet ${name}-configuration`) as {
      files: Record<string, string>;
      secretFiles: Record<string, string>;
      attributes: Record<string, string>;
    },
  };
}

test("a host that signs has keys in its state, their files, and records of their public halves", async () => {
  const { records, resources, configuration } = await deploy("signs", {});
  expect(records.map(({ name, type, value }) => `${name} ${type} ${value.slice(0, 25)}`)).toEqual([
    ...["mail.domain.tld", "domain.tld", "domain1.tld"].map(
      (domain) => `s1._domainkey.${domain} TXT v=DKIM1; k=rsa; p=MIIBIjA`,
    ),
    ...["mail.domain.tld", "domain.tld", "domain1.tld"].map((domain) =>
      expect.stringMatching(`^s1-ed25519._domainkey.${domain} TXT v=DKIM1; k=ed25519; p=`),
    ),
  ]);
  expect(resources).toEqual(
    expect.arrayContaining(["dkim-s1", "kept-s1", "dkim-s1-ed25519", "kept-s1-ed25519", "rspamd"]),
  );
  const { value } = Object(configuration.secretFiles);
  const secretFiles: Record<string, string> = value ?? configuration.secretFiles;
  expect(secretFiles["/etc/rspamd/dkim/s1.key"]).toBe(made.RSA);
  expect(secretFiles["/etc/rspamd/dkim/s1-ed25519.key"]).toMatch(/^[A-Za-z0-9+/]{43}=$/);
  expect(configuration.attributes["/etc/rspamd/dkim/s1.key"]).toBe("root:_rspamd 0640");
  for (const [path, text] of Object.entries(configuration.files)) {
    if (/rspamd/.test(path)) expect.soft(text).toMatchSnapshot(path);
    expect(text).not.toContain("PRIVATE KEY");
  }
  expect(configuration.files["/etc/postfix/main.cf"]).toContain("\nnon_smtpd_milters = unix:rspamd/milter.sock\n");
  expect(configuration.files["/etc/postfix/master.cf"]?.match(/-o smtpd_milters=/g)).toHaveLength(2);
});

test("a key that is given is not made", async () => {
  const { records, resources } = await deploy("given", { algorithms: ["rsa"], privateKeys: { s1: given } });
  expect(resources.filter((resource) => resource.startsWith("dkim-"))).toEqual([]);
  expect(records).toHaveLength(3);
});

test("a host that does not sign has nothing of it", async () => {
  const { records, resources, configuration } = await deploy("plain", undefined);
  expect(records).toEqual([]);
  expect(resources.filter((resource) => /dkim|rspamd/.test(resource))).toEqual([]);
  expect(JSON.stringify(configuration)).not.toMatch(/rspamd|milter/);
});

import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { allOptions, allOptionsAddresses } from "../../fixtures/allOptions.ts";
import { makeCertificate } from "./certificates.ts";
import { sampleHash } from "./sample.ts";

const { certificate, privateKey } = await makeCertificate("mail.domain.tld", { names: ["mail.domain.tld"], to: 90 });

/** What the providers would compute. */
const computed: Record<string, object> = {
  "tls:index/privateKey:PrivateKey": { privateKeyPem: privateKey, privateKeyPemPkcs8: privateKey },
  "tls:index/selfSignedCert:SelfSignedCert": { certPem: "the certificate of the authority" },
  "mailhost:host:ServerCertificate": {
    privateKey,
    certificateChain: certificate,
    certificateAuthority: "the certificate of the authority",
  },
  "mailhost:host:Packages": { system: "Debian GNU/Linux 13 (trixie)", versions: {} },
  "mailhost:host:ConfigSet": { hostId: "0123456789abcdef" },
};

/** Type and name of each resource to its inputs. */
const registered = new Map<string, unknown>();

await pulumi.runtime.setMocks(
  {
    newResource: ({ name, type, inputs }) => {
      registered.set(`${type} ${name}`, inputs);
      return { id: `${name}-id`, state: { ...inputs, ...computed[type] } };
    },
    call: () => ({}),
  },
  "mailhost",
  "test",
);

const { MailHost } = await import("../../../components/index.ts");

/** The same in each run: the certificate is another one each time. */
function masked(value: unknown): unknown {
  const text = JSON.stringify(value)
    .replaceAll(/-----BEGIN (CERTIFICATE|PRIVATE KEY)-----[^-]*-----END \1-----/g, "<$1>")
    .replaceAll(/expires \d{4}-\d\d-\d\d, sha256 [0-9a-f:]+/g, "expires <day>, sha256 <digest>");
  return JSON.parse(text);
}

test("a host with all options is rendered as it was", async () => {
  const passwords = Object.fromEntries(allOptionsAddresses.map((address) => [address, sampleHash]));
  const target = { address: "192.0.2.1", hostKey: "ssh-ed25519 AAAA" };
  const children: pulumi.Resource[] = [];
  const collect: pulumi.ResourceTransformation = ({ resource }) => {
    children.push(resource);
    return undefined;
  };
  new MailHost("mail", { ...allOptions, target, passwords }, { transformations: [collect] });
  await Promise.all(children.map(({ urn }) => new Promise((resolve) => urn.apply(resolve))));
  for (const [resource, inputs] of [...registered].sort()) {
    expect.soft(masked(inputs), resource).toMatchSnapshot(resource);
  }
});

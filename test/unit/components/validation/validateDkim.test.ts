import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { validateMailHost } from "../../../../components/validation/validateMailHost.ts";
import { sampleArgs, sampleModel } from "../sample.ts";

const rsaKey = String(
  generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" }),
);

function mistakes(dkim: unknown): string[] {
  const { problems } = validateMailHost({ ...sampleArgs, dkim }, undefined, new Date());
  return problems.map(({ propertyPath, reason }) => `${propertyPath}: ${reason}`);
}

const label = 'must be a label of DNS, such as "s1" (1 to 55 of a-z 0-9 -, with no - at its ends)';

test.each([
  [{ selector: "mail._domainkey" }, `dkim.selector: ${label}, but is "mail._domainkey"`],
  [{ selector: "a".repeat(56) }, `dkim.selector: ${label}, but is "${"a".repeat(56)}"`],
  [{ selector: "-s1" }, `dkim.selector: ${label}, but is "-s1"`],
  [{ previous: ["S0"] }, `dkim.previous[0]: ${label}, but is "S0"`],
  [{ selector: "s2", previous: ["s1", "s2"] }, "dkim.previous[1]: must be another selector than dkim.selector"],
  [{ algorithms: [] }, "dkim.algorithms: must be a list of at least one algorithm, but is []"],
  [{ algorithms: ["dsa"] }, 'dkim.algorithms[0]: must be "rsa" or "ed25519", but is "dsa"'],
  [{ keys: "all" }, 'dkim.keys: must be "host" or "domain", but is "all"'],
  [{ selektor: "s1" }, 'dkim.selektor: is no known key; did you mean "selector"?'],
  [{ privateKeys: { s2: rsaKey } }, 'dkim.privateKeys.s2: is the key of nothing; did you mean "s1"?'],
  [{ privateKeys: { "s1-ed25519": rsaKey } }, 'dkim.privateKeys["s1-ed25519"]: must be a key of ed25519'],
  [{ privateKeys: { s1: { rsa: rsaKey } } }, "dkim.privateKeys.s1: must be a text"],
  [{ keys: "domain", privateKeys: { s1: rsaKey } }, "dkim.privateKeys.s1: is the key of nothing"],
])("%j is refused", (dkim, mistake) => {
  const found = mistakes(dkim);
  expect(found).toEqual([expect.stringContaining(mistake)]);
  expect(found.join()).not.toContain("PRIVATE KEY");
});

test.each([
  ["non_smtpd_milters", true],
  ["cleanup/unix/milter_default_action", true],
  ["submission/inet/smtpd_milters", true],
  ["smtp/inet/smtpd_milters", true],
  ["smtp/inet/smtpd_milter_maps", true],
  ["smtp/inet/milter_command_timeout", false],
])("the parameter %s is ours where mail is signed: %s", (parameter, isOurs) => {
  const postfix = { parameters: { [parameter]: "accept" } };
  const problemsOf = (dkim: object) =>
    validateMailHost({ ...sampleArgs, postfix, ...dkim }, undefined, new Date()).problems.length;
  expect(problemsOf({ dkim: {} })).toBe(isOurs ? 1 : 0);
  expect(problemsOf({})).toBe(0);
});

test.each([
  ["nothing behind the colon", null],
  ["nothing else", {}],
  ["a key that was published before", { selector: "mail", algorithms: ["rsa"], privateKeys: { mail: rsaKey } }],
  ["keys of each domain", { keys: "domain", privateKeys: { "s1._domainkey.domain1.tld": rsaKey } }],
])("%s is right", (_what, dkim) => {
  expect(mistakes(dkim)).toEqual([]);
});

test("a key of the host signs for all domains, and of the host itself", () => {
  expect(sampleModel({ dkim: { selector: "s2", previous: ["s1"], algorithms: ["rsa"] } }).dkim).toEqual(
    ["s2", "s1"].map((selector) => ({
      name: selector,
      selector,
      algorithm: "rsa",
      domains: ["mail.domain.tld", "domain.tld", "domain1.tld"],
      file: `/etc/rspamd/dkim/${selector}.key`,
    })),
  );
});

test("keys of domains have the names of their records", () => {
  const keys = sampleModel({ dkim: { keys: "domain" } }).dkim;
  expect(keys.map(({ name, domains }) => `${name} ${domains.join()}`)).toEqual(
    ["s1", "s1-ed25519"].flatMap((selector) =>
      ["mail.domain.tld", "domain.tld", "domain1.tld"].map((domain) => `${selector}._domainkey.${domain} ${domain}`),
    ),
  );
});

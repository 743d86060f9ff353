import { expect, test } from "vitest";
import { renderMasterCf } from "../../../../../shared/daemons/postfix/masterCf.ts";
import { renderRspamdConf, renderRules } from "../../../../../shared/daemons/rspamd/rspamdConf.ts";
import { sampleArgs, sampleModel } from "../../../components/sample.ts";

/** The selectors that seal, each once. */
function sealing(args: object): Set<string | undefined> {
  const arc = /^arc \{\n(.*?)^\}/ms.exec(renderRspamdConf(sampleModel(args)))?.[1] ?? "";
  return new Set([...arc.matchAll(/selector = "(.*)"/g)].map(([, selector]) => selector));
}

test.each([
  ["the one RSA key", {}, ["s1"]],
  ["the RSA key whose record is published for certain", { selector: "s2", previous: ["s1"] }, ["s1"]],
  ["a key of the domain's own", { keys: "domain", algorithms: ["rsa"] }, ["s1"]],
  ["nothing, where there is no RSA key", { algorithms: ["ed25519"] }, []],
])("mail that is sent on is sealed by %s", (_what, dkim, selectors) => {
  expect(sealing({ dkim })).toEqual(new Set(selectors));
  const asksOn25 = /^smtp +inet .*\n#.*\n {2}-o smtpd_milters=/m.test(renderMasterCf(sampleModel({ dkim })));
  expect(asksOn25).toBe(selectors.length > 0);
});

test("From: alone needs no module that signs", () => {
  const host = sampleModel({ postfix: { fromHeader: "reject" } });
  expect(renderRspamdConf(host)).not.toMatch(/dkim_signing|arc|spf/);
  expect(renderRules(host)).toContain('name = "FROM_HEADER"');
  expect(renderRules(host)).not.toMatch(/SINGLE_HEADERS|ARC_SIGNED/);
});

test("mail is signed without a look at From:, where that is wanted", () => {
  expect(renderRules(sampleModel({ dkim: {}, postfix: { fromHeader: "allow" } }))).not.toContain("FROM_HEADER");
});

test.each([
  ["", undefined],
  ["+", "[%+]"],
  ["-+", "[%-%+]"],
])("with the delimiters %j an extension begins with one of %j", (recipientDelimiter, letters) => {
  const rules = renderRules(sampleModel({ dkim: {}, mail: { ...sampleArgs.mail, recipientDelimiter } }));
  expect(/\(\.\[\^@\]-\)(\[.*?\])\[/.exec(rules)?.[1]).toBe(letters);
});

test.each([
  ["debian13", undefined],
  ["debian12", "1"],
])("on %s mail is sealed behind at most %s seals of others", (release, most) => {
  const rules = renderRules(sampleModel({ dkim: {}, release }));
  expect(/get_header_count\("ARC-Seal"\) <= (\d+)/.exec(rules)?.[1]).toBe(most);
});

import { expect, test } from "vitest";
import { formatDifferences } from "../../../../tools/rollback/differences.ts";

const attributes = (...paths: string[]) => Object.fromEntries(paths.map((path) => [path, "root:root 0644"]));
const inputs = { files: {}, attributes: {}, secretFiles: {}, fingerprints: {}, steps: {} };

test("changed lines are shown with those around them, as what is there and what comes", () => {
  const text = (limit: number) =>
    `a = 1\nb = 2\nc = 3\nmessage_size_limit = ${limit}\nd = 4\ne = 5\nf = 6\ng = 7\nh = 8\n`;
  const path = "/etc/postfix/main.cf";
  const now = { ...inputs, files: { [path]: `${text(2)}last = 1\n` }, attributes: attributes(path) };
  expect(formatDifferences(now, { ...now, files: { [path]: text(1) } })).toBe(`~ /etc/postfix/main.cf
      ...
      b = 2
      c = 3
    - message_size_limit = 2
    + message_size_limit = 1
      d = 4
      e = 5
      ...
      g = 7
      h = 8
    - last = 1`);
  expect(formatDifferences(now, now)).toBe("");
});

test("files that come and go, and owners that change, are told", () => {
  const now = { ...inputs, files: { "/etc/a": "1\n", "/etc/c": "1\n" }, attributes: attributes("/etc/a", "/etc/c") };
  const wanted = {
    ...inputs,
    files: { "/etc/b": "2\n", "/etc/c": "1\n" },
    attributes: { ...attributes("/etc/b"), "/etc/c": "root:mail 0640" },
  };
  expect(formatDifferences(now, wanted)).toBe(`- /etc/a
+ /etc/b
    + 2
~ /etc/c
    root:root 0644 -> root:mail 0640`);
});

test("of a secret nothing is shown but its certificate", () => {
  const path = "/etc/ssl/private/mailhost.pem";
  const of = (secret: string) => ({
    ...inputs,
    secretFiles: { [path]: secret, "/etc/key": secret },
    attributes: attributes(path, "/etc/key"),
    fingerprints: { [path]: `CN of ${secret}` },
  });
  expect(formatDifferences(of("one"), of("two"))).toBe(`~ /etc/key
    [secret]
~ /etc/ssl/private/mailhost.pem
    [secret] CN of one -> CN of two`);
});

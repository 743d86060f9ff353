import { expect, test } from "vitest";
import { mistakesIn } from "../../../../provider/mail/sieveScripts.ts";

test("the mistakes of a script are told with their lines, and nothing else that sievec says", () => {
  expect(
    mistakesIn(`script: line 3: error: missing semicolon ';' after fileinto command.
script: line 4: warning: odd, but allowed.
script: line 5: error: unknown command 'foo' (only reported once at first occurrence).
script: error: validation failed.
sievec: Fatal: failed to compile sieve script
`),
  ).toEqual([
    "line 3: missing semicolon ';' after fileinto command",
    "line 5: unknown command 'foo' (only reported once at first occurrence)",
  ]);
  expect(mistakesIn("doveconf: Fatal: Error in configuration file /etc/dovecot/dovecot.conf line 3\n")).toEqual([]);
});

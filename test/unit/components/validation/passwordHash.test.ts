import { describe, expect, test } from "vitest";
import { passwordHashMistake } from "../../../../components/validation/passwordHash.ts";
import { validatePasswordHashes } from "../../../../components/validation/validatePasswords.ts";

const secret = "Tr0ub4dor";
const crypt86 = "x".repeat(86);
const bcrypt53 = "x".repeat(53);

describe("accepts", () => {
  test.each([
    "{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
    `{SHA512-CRYPT}$6$saltsalt$${crypt86}`,
    `{SHA512-CRYPT}$6$rounds=100000$saltsalt$${crypt86}`,
    `{SHA256-CRYPT}$5$saltsalt$${"x".repeat(43)}`,
    `{BLF-CRYPT}$2y$10$${bcrypt53}`,
    `{BLF-CRYPT}$2b$20$${bcrypt53}`,
    `{SHA256-CRYPT}$5$rounds=5000$saltsalt$${"x".repeat(43)}`,
    "{ARGON2ID}$argon2id$v=19$m=19456,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
    `{CRYPT}$2y$10$${bcrypt53}`,
    `{CRYPT}$6$saltsalt$${crypt86}`,
    `{CRYPT}$5$saltsalt$${"x".repeat(43)}`,
    `{CRYPT}$y$j9T$saltsalt$${"x".repeat(43)}`,
  ])("%s", (hash) => {
    expect(passwordHashMistake(hash)).toBeUndefined();
  });
});

describe("rejects, without showing any of it,", () => {
  test.each([
    ["no text", 12345678, /^must be a text/],
    ["nothing", "", /^must be a text/],
    ["a plain password", secret, /^must begin with its scheme/],
    ["a hash without scheme", `$6$${secret}$${crypt86}`, /^must begin with its scheme/],
    ["a plain password with its scheme", `{PLAIN}${secret}`, /^uses \{PLAIN\}, which is weak/],
    ["a weak scheme", `{SSHA}${secret}`, /^uses \{SSHA\}, which is weak/],
    ["a scheme that 2.4 refuses", `{MD5-CRYPT}$1$${secret}`, /^uses \{MD5-CRYPT\}, which is weak/],
    ["a scheme that may be part of a password", `{${secret}}x`, /^names no known scheme/],
    [
      "a scheme in small letters",
      `{argon2id}$argon2id$${secret}`,
      /^must name its scheme in capital letters: \{ARGON2ID\}$/,
    ],
    ["another hash than the scheme says", `{ARGON2ID}$6$${secret}$${crypt86}`, /^is no hash that \{ARGON2ID\} makes/],
    ["DES inside CRYPT", "{CRYPT}Tr0ub4dorTr0u", /^is no hash that \{CRYPT\} makes/],
    ["MD5 inside CRYPT", `{CRYPT}$1$saltsalt$${secret}`, /^is no hash that \{CRYPT\} makes/],
    ["a hash that is cut off", `{SHA512-CRYPT}$6$saltsalt$${secret}`, /^is no hash that \{SHA512-CRYPT\} makes/],
    ...["{BLF-CRYPT}$2y$04$", "{BLF-CRYPT}$2y$09$", "{BLF-CRYPT}$2y$21$", "{BLF-CRYPT}$2y$99$", "{CRYPT}$2b$09$"].map(
      (start): [string, string, RegExp] => [
        `a cost of ${start}`,
        `${start}${bcrypt53}`,
        /^has too low or too high a cost: bcrypt takes a cost from 10 to 20: make/,
      ],
    ),
    ...["{SHA512-CRYPT}", "{CRYPT}"].flatMap((scheme) =>
      [4999, 1, 10_000_000].map((rounds): [string, string, RegExp] => [
        `${rounds} rounds of ${scheme}`,
        `${scheme}$6$rounds=${rounds}$saltsalt$${crypt86}`,
        /^has too low or too high a cost: SHA-crypt takes rounds from 5000 to 9999999: make/,
      ]),
    ),
    ...[
      "m=8,t=1,p=1",
      "m=19455,t=3,p=1",
      "m=99999999,t=3,p=1",
      "m=65536,t=0,p=1",
      "m=65536,t=101,p=1",
      "m=65536,t=3,p=99",
    ].map((cost): [string, string, RegExp] => [
      `Argon2 with ${cost}`,
      `{ARGON2ID}$argon2id$v=19$${cost}$c2FsdHNhbHQ$aGFzaGhhc2g`,
      /^has too low or too high a cost: Argon2 takes [mtp] from \d+ to \d+: make/,
    ]),
    ["a blank", `{BLF-CRYPT}$2y$10$${secret} x`, /^must be one word/],
    ["a colon", `{BLF-CRYPT}$2y$10$${secret}:x`, /^must be one word/],
    ["a line end", `{BLF-CRYPT}$2y$10$${bcrypt53}\n`, /^must be one word/],
    ["a second line", `{BLF-CRYPT}$2y$10$${bcrypt53}\nroot:${secret}`, /^must be one word/],
    ["other letters than ASCII", `{BLF-CRYPT}${secret}ü`, /^must be one word/],
  ])("%s", (_title, hash, mistake) => {
    const found = passwordHashMistake(hash);
    expect(found).toMatch(mistake);
    expect(found).not.toContain(secret);
    expect(found).not.toContain("12345678");
  });
});

test("names the address of each mistake", () => {
  expect(
    validatePasswordHashes({ "alice@domain.tld": secret, "bob@domain.tld": `{BLF-CRYPT}$2y$10$${bcrypt53}` }),
  ).toEqual([
    { propertyPath: 'passwords["alice@domain.tld"]', reason: expect.stringMatching(/^must begin with its scheme/) },
  ]);
});

import { expect, test } from "vitest";
import { renderPasswdFile } from "../../../../components/dovecot/passwdFile.ts";
import { sampleModel } from "../sample.ts";

const [domain] = sampleModel().domains;

test("has one line for each mailbox, with the fingerprint in place of the hash", () => {
  const fingerprints = { "alice@domain.tld": "{ARGON2ID}#1f2e3d4c", "bob@domain.tld": "{BLF-CRYPT}#00000000" };
  expect(domain && renderPasswdFile(domain, fingerprints)).toBe(
    [
      "alice@domain.tld:{ARGON2ID}#1f2e3d4c:5000:5000::/var/vmail/domain.tld/alice\n",
      "bob@domain.tld:{BLF-CRYPT}#00000000:5000:5000::/var/vmail/domain.tld/bob\n",
      "old@domain.tld:!:5000:5000::/var/vmail/domain.tld/old\n",
    ].join(""),
  );
});

test("refuses the password of a disabled mailbox, even where there is one", () => {
  expect(domain && renderPasswdFile(domain, { "old@domain.tld": "{ARGON2ID}#1f2e3d4c" })).toContain(
    "old@domain.tld:!:",
  );
});

import { expect, test } from "vitest";
import { renderPasswdFile } from "../../../../components/addresses/passwdText.ts";
import { dovecot24 } from "../../../../shared/releases/dovecot24.ts";
import { sampleArgs, sampleModel } from "../sample.ts";

const [domain] = sampleModel().domains;

test("has one line for each mailbox, with the fingerprint in place of the hash", () => {
  const fingerprints = { "alice@domain.tld": "{ARGON2ID}#1f2e3d4c", "bob@domain.tld": "{BLF-CRYPT}#00000000" };
  expect(domain && renderPasswdFile(domain, fingerprints, dovecot24)).toBe(
    [
      "alice@domain.tld:{ARGON2ID}#1f2e3d4c:5000:5000::/var/vmail/domain.tld/alice\n",
      "bob@domain.tld:{BLF-CRYPT}#00000000:5000:5000::/var/vmail/domain.tld/bob\n",
      "old@domain.tld:!:5000:5000::/var/vmail/domain.tld/old\n",
    ].join(""),
  );
});

test("has the fields in which a user differs from the host", () => {
  const mailboxes = {
    ann: { quota: "50M" },
    ben: { quota: "unlimited", format: "mdbox", aclGroups: ["Editors", "PublicMailboxAdmins"] },
  };
  const [, , other] = sampleModel({ domains: { ...sampleArgs.domains, "domain2.tld": { mailboxes } } }).domains;
  expect(other && renderPasswdFile(other, {}, dovecot24)).toBe(
    [
      "ann@domain2.tld:!:5000:5000::/var/vmail/domain2.tld/ann::userdb_quota_storage_size=50M userdb_quota_storage_grace=5120K\n",
      "ben@domain2.tld:!:5000:5000::/var/vmail/domain2.tld/ben::userdb_quota_storage_size=0 userdb_quota_storage_grace=10M userdb_mail_driver=mdbox userdb_mail_path=~/mdbox userdb_acl_groups=Editors,PublicMailboxAdmins\n",
    ].join(""),
  );
});

test("refuses the password of a disabled mailbox, even where there is one", () => {
  expect(domain && renderPasswdFile(domain, { "old@domain.tld": "{ARGON2ID}#1f2e3d4c" }, dovecot24)).toContain(
    "old@domain.tld:!:",
  );
});

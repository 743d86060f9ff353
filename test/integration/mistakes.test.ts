import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkoutFolder } from "../../tools/launch/paths.mjs";
import { createMailHostProject } from "../helpers/mailHostProject.ts";
import { useTemporaryFolder } from "../helpers/temporaryFolder.ts";
import { passwordHashOf } from "../helpers/testUsers.ts";

const folder = useTemporaryFolder();

const files = {
  "good.yaml": `
domain.tld:
  mailboxes:
    alice: { quota: 5GB, sieve: { file: FOLDER/alice.sieve } }
    bob: { forward: [office] }
    "carol%x": {}
    dave: {}
  aliases:
    office: [bob]
    info: [alice, bbo]
  acls:
    - { mailbox: INBOX, identifier: anyone, rights: lrz }
conf.d: {}
`,
  "empty.yaml": "",
  "broken.yaml": "domain1.tld: [\n",
  "list.yaml": "- domain1.tld\n",
  "twice.yaml": "domain.tld: {}\n",
};

test("a preview tells all mistakes at once, with path, value and what is allowed, and asks no host", async () => {
  const inFolder = (text: string) => text.replaceAll("FOLDER", folder());
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder(), name), inFolder(text));
  using project = await createMailHostProject();
  const names = ["good.yaml", "missing.yaml", "empty.yaml", "broken.yaml", "list.yaml", "twice.yaml", "*.yml"];
  await project.configure(
    {
      hostname: "mail",
      // RFC 5737: nobody has it, and a connection would be waited for.
      target: { address: "192.0.2.1", port: 0, hostKey: `ssh-ed25519 ${"A".repeat(68)}` },
      mail: { postmaster: "alcie@domain.tld", messageSizeLimit: "20M" },
      domains: names.map((name) => join(folder(), name)),
      publicFolder: {},
    },
    {
      passwords: JSON.stringify({ "alice@domain.tld": "{SSHA}hunter2", "bob@domain.tld": await passwordHashOf("bob") }),
    },
  );
  const failure = String(await project.preview().catch((error: unknown) => error));
  const [, report = ""] = /^error: (.*?)\n\w/ms.exec(failure) ?? [];
  const shown = report
    .replaceAll(folder(), "FOLDER")
    .replaceAll(checkoutFolder, "CHECKOUT")
    .replace(/(?<=known here: ).*(?=\))/, "...");
  expect(shown).toMatchInlineSnapshot(`
    "20 mistakes in the configuration of the mail host, which is left as it is:
      publicFolder: is no known key; did you mean "publicFolders"? (known here: ...)
      target.port: must be a TCP port: a whole number from 1 to 65535, but is 0
      domains[1]: "FOLDER/missing.yaml" matches no file (from CHECKOUT)
      domains[2]: FOLDER/empty.yaml is empty; it must map mail domains to mailboxes and aliases
      domains[3]: FOLDER/broken.yaml is not YAML: Flow sequence in block collection must be sufficiently indented and end with a ] at line 2, column 1
      domains[4]: FOLDER/list.yaml must be a mapping of mail domain to its mailboxes and aliases
      domains["domain.tld"]: is in two files: FOLDER/good.yaml and FOLDER/twice.yaml
      domains[6]: "FOLDER/*.yml" matches no file (from CHECKOUT)
      domains["domain.tld"].mailboxes.alice.sieve.file: cannot be read: ENOENT: no such file or directory, open 'FOLDER/alice.sieve' (in FOLDER/good.yaml)
      hostname: must be a fully qualified host name in lower case, such as "mail.domain.tld", but is "mail"
      mail.messageSizeLimit: must be a size in bytes: a whole number from 65536 to 2147483647, but is "20M"
      domains["domain.tld"].mailboxes.alice.quota: must be a whole number above 0 with K, M, G or T, such as "5G", less than 8192T in all, or "unlimited", but is "5GB" (in FOLDER/good.yaml)
      domains["domain.tld"].mailboxes["carol%x"]: the name must be 1 to 64 of a-z 0-9 . _ - and begin with a letter or digit, without a dot at the end or beside another (in FOLDER/good.yaml)
      domains["domain.tld"].acls[0].mailbox: must be Public, or a pattern below it, such as "Public/*" or "Public/Team/*" (* stands for anything, slashes included, and ? for one character), but is "INBOX" (in FOLDER/good.yaml)
      domains["domain.tld"].acls[0].rights: must be made of the letters l (look up) r (read) w (write flags) s (seen) t (delete mails) i (insert) p (post) e (expunge) k (create) x (delete folder) a (administer), each at most once, but is "lrz" (in FOLDER/good.yaml)
      domains["domain.tld"].aliases.info[1]: "bbo" is neither a mailbox nor an alias of domain.tld; did you mean "bob"? (in FOLDER/good.yaml)
      domains["conf.d"]: is taken: /var/vmail/conf.d holds files of Dovecot; no domain may be auth.d or conf.d (in FOLDER/good.yaml)
      domains["domain.tld"].mailboxes.bob.forward: leads back to itself: bob@domain.tld -> office@domain.tld -> bob@domain.tld (in FOLDER/good.yaml)
      mail.postmaster: must be an enabled mailbox of mailhost:domains, but "alcie@domain.tld" is no mailbox; did you mean "alice@domain.tld"?
      passwords["alice@domain.tld"]: uses {SSHA}, which is weak or unknown to Dovecot 2.4: make one with "doveadm pw -s ARGON2ID"; accepted are ARGON2ID, SHA512-CRYPT, SHA256-CRYPT, BLF-CRYPT, CRYPT"
  `);
  expect(failure).not.toContain("hunter2");
});

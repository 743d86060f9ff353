import { describe, expect, test } from "vitest";
import {
  concealHashes,
  formatHashes,
  missingHashes,
  parseHashes,
  revealHashes,
  usersOf,
} from "../../../../provider/mail/passwdFile.ts";
import { hashFingerprint } from "../../../../shared/hashFingerprint.ts";
import { noPassword, type PasswdUser, renderPasswdLine } from "../../../../shared/passwdUser.ts";

const hash = "{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$c2FsdA$aGFzaA";
const real = `alice@domain.tld:${hash}:5000:5000::/var/vmail/domain.tld/alice\nold@domain.tld:!:5000:5000::/home\n`;

describe("a passwd file", () => {
  test("is shown with a fingerprint for each hash, and comes back as it was", () => {
    const { text, hashes } = concealHashes(real);
    expect(text).toBe(real.replace(hash, hashFingerprint(hash)));
    expect(text).not.toContain("argon2id");
    expect(revealHashes(text, hashes)).toBe(real);
    expect(parseHashes(formatHashes(hashes))).toEqual(hashes);
  });

  test.each([
    ["a plain password", "bob@domain.tld:hunter2:5000:5000::/home\n"],
    ["a hash without scheme", "bob@domain.tld:$6$hunter2\n"],
    ["a line that is commented out", "#bob@domain.tld:{PLAIN}hunter2:5000:5000::/home\n"],
  ])("does not show %s that somebody wrote by hand", (_what, text) => {
    expect(concealHashes(text).text).not.toContain("hunter2");
  });

  test("tells whose fingerprint belongs to another hash", () => {
    const { text } = concealHashes(real);
    expect(missingHashes(text, new Map([["alice@domain.tld", hash]]))).toEqual([]);
    expect(missingHashes(text, new Map([["alice@domain.tld", `${hash}x`]]))).toEqual(["alice@domain.tld"]);
    expect(missingHashes(text, new Map())).toEqual(["alice@domain.tld"]);
  });

  test("has the users that it was made of", () => {
    const users: PasswdUser[] = [
      { address: "alice@domain.tld", password: hash, home: "/var/vmail/domain.tld/alice", settings: {} },
      {
        address: "old@domain.tld",
        password: noPassword,
        home: "/var/vmail/domain.tld/old",
        settings: { quota_storage_size: "5G", mail_driver: "mdbox", acl_groups: "Editors,Admins" },
      },
    ];
    expect(usersOf(users.map(renderPasswdLine).join(""))).toEqual(users);
  });

  test("has no users in what else somebody wrote by hand", () => {
    const text = `\n# bob@domain.tld:x:5000\n${real}carol@domain.tld\n`;
    expect(usersOf(text).map(({ address, password }) => [address, password])).toEqual([
      ["alice@domain.tld", hash],
      ["old@domain.tld", noPassword],
      ["carol@domain.tld", ""],
    ]);
    const shown = concealHashes(text);
    expect(revealHashes(shown.text, shown.hashes)).toBe(text);
  });
});

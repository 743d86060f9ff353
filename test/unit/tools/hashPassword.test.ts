import { argon2Verify, bcryptVerify } from "hash-wasm";
import { describe, expect, test } from "vitest";
import { hashPassword } from "../../../tools/password/hashPassword.ts";

describe("a password's hash", () => {
  test("is ARGON2ID by default, fits its password alone, and is another each time", async () => {
    const [hash, again] = await Promise.all([hashPassword("correct horse"), hashPassword("correct horse")]);
    expect(hash).toMatch(/^\{ARGON2ID\}\$argon2id\$v=19\$m=65536,t=3,p=1\$/);
    expect(hash).not.toBe(again);
    const encoded = hash.slice("{ARGON2ID}".length);
    expect(await argon2Verify({ password: "correct horse", hash: encoded })).toBe(true);
    expect(await argon2Verify({ password: "correct horsf", hash: encoded })).toBe(false);
    // Slow on purpose.
  }, 60_000);

  test("can be BLF-CRYPT, which does not take more than it reads", async () => {
    const hash = await hashPassword("correct horse", "BLF-CRYPT");
    expect(hash).toMatch(/^\{BLF-CRYPT\}\$2y\$12\$/);
    const encoded = hash.replace("{BLF-CRYPT}$2y$", "$2a$");
    expect(await bcryptVerify({ password: "correct horse", hash: encoded })).toBe(true);
    await expect(hashPassword("x".repeat(73), "BLF-CRYPT")).rejects.toThrow("72 bytes");
  });
});

import { randomBytes } from "node:crypto";
import { argon2id, bcrypt } from "hash-wasm";
import { Failure } from "../failure.ts";

/** The schemes that passwords can be hashed with here, the default first. Both are strong, and slow on purpose. */
export const SCHEMES = ["ARGON2ID", "BLF-CRYPT"] as const;

export type Scheme = (typeof SCHEMES)[number];

const SALT_BYTES = 16;

/**
 * `{SCHEME}hash`, at the cost that `doveadm pw -s ARGON2ID` has, and for BLF-CRYPT at a higher one than its default of 5.
 * See https://doc.dovecot.org/2.4.1/core/config/auth/schemes.html
 *
 * @throws Failure where BLF-CRYPT would silently cut the password off
 */
export async function hashPassword(password: string, scheme: Scheme = SCHEMES[0]): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  switch (scheme) {
    case "ARGON2ID": {
      const cost = { iterations: 3, memorySize: 65_536, parallelism: 1, hashLength: 32 };
      return `{${scheme}}${await argon2id({ password, salt, ...cost, outputType: "encoded" })}`;
    }
    case "BLF-CRYPT": {
      if (Buffer.byteLength(password) > 72) throw new Failure("BLF-CRYPT takes passwords of up to 72 bytes");
      return `{${scheme}}${(await bcrypt({ password, salt, costFactor: 12, outputType: "encoded" })).replace(/^\$2a\$/, "$2y$")}`;
    }
    default:
      return scheme satisfies never;
  }
}

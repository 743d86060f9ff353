import { createHash } from "node:crypto";
import { argon2id } from "hash-wasm";

/** The made-up password of a mailbox. It is not used for anything else, so that a search for it finds leaks only. */
export function passwordOf(address: string): string {
  return `open-sesame-${digest(address).toString("hex").slice(0, 12)}`;
}

/**
 * The `{SCHEME}hash` of a mailbox's password: the same each time, so that a second deployment changes nothing, and at
 * the least cost that is taken, because tests log in hundreds of times.
 */
export async function passwordHashOf(address: string): Promise<string> {
  const cost = { iterations: 1, memorySize: 19_456, parallelism: 1, hashLength: 32 };
  const salt = digest(`salt of ${address}`).subarray(0, 16);
  return `{ARGON2ID}${await argon2id({ password: passwordOf(address), salt, ...cost, outputType: "encoded" })}`;
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

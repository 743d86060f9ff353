import { createHash } from "node:crypto";

/**
 * What stands for a password hash wherever the hash itself may not: its scheme and eight hexadecimal digits of its
 * SHA-256, such as `{ARGON2ID}#1f2e3d4c`. Enough to see that a password changed, too little to try passwords against.
 */
export function hashFingerprint(hash: string): string {
  const scheme = /^\{[\w.-]+\}/.exec(hash)?.[0] ?? "";
  return `${scheme}#${createHash("sha256").update(hash).digest("hex").slice(0, 8)}`;
}

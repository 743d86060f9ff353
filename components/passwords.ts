import * as pulumi from "@pulumi/pulumi";
import { hashFingerprint } from "../resources/index.ts";
import { type Problem, throwProblems } from "./settings/problem.ts";
import { validatePasswordHashes } from "./validation/validatePasswords.ts";

/** Address to fingerprint of its password hash. */
export type Fingerprints = Readonly<Record<string, string>>;

type Hashes = Readonly<Record<string, string>>;

/**
 * Password hashes in two parts that never meet again: fingerprints, which a preview may show, and the hashes, which
 * nobody may see.
 */
export class Passwords {
  /** Plain where the hashes were given as a plain value. */
  readonly fingerprints: Fingerprints | pulumi.Output<Fingerprints>;
  /** Addresses that have a password; undefined where they are not known yet. */
  readonly addresses: readonly string[] | undefined;
  /** What is wrong with hashes that were given as a plain value. Others are checked as soon as they are known. */
  readonly problems: readonly Problem[];
  readonly #lines: pulumi.Output<string>;

  /** @param hashes Address to `{SCHEME}hash`; taken for a secret even where it is given as a plain value */
  constructor(hashes: pulumi.Input<Hashes>) {
    if (isPlain(hashes)) {
      this.addresses = Object.keys(hashes);
      this.problems = validatePasswordHashes(hashes);
      this.fingerprints = this.problems.length === 0 ? fingerprintsOf(hashes) : {};
      this.#lines = pulumi.secret(linesOf(hashes));
    } else {
      const checked = pulumi.secret(hashes).apply((hashes) => {
        throwProblems(validatePasswordHashes(hashes));
        return hashes;
      });
      this.addresses = undefined;
      this.problems = [];
      this.fingerprints = pulumi.unsecret(checked.apply(fingerprintsOf));
      this.#lines = checked.apply(linesOf);
    }
  }

  /** One `address {SCHEME}hash` line for each of `addresses`, sorted. A secret. */
  linesOf(addresses: readonly string[]): pulumi.Output<string> {
    const wanted = new Set(addresses);
    return this.#lines.apply((lines) =>
      lines
        .split(/(?<=\n)/)
        .filter((line) => wanted.has(line.slice(0, line.indexOf(" "))))
        .join(""),
    );
  }
}

function isPlain(hashes: pulumi.Input<Hashes>): hashes is Hashes {
  return !pulumi.Output.isInstance(hashes) && !(hashes instanceof Promise);
}

function fingerprintsOf(hashes: Hashes): Fingerprints {
  return Object.fromEntries(Object.entries(hashes).map(([address, hash]) => [address, hashFingerprint(hash)]));
}

function linesOf(hashes: Hashes): string {
  return Object.entries(hashes)
    .map(([address, hash]) => `${address} ${hash}\n`)
    .sort()
    .join("");
}

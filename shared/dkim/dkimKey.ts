/** What DKIM signs with: see https://www.rfc-editor.org/rfc/rfc8463.html for Ed25519. */
export const dkimAlgorithms = ["rsa", "ed25519"] as const;

export type DkimAlgorithm = (typeof dkimAlgorithms)[number];

/** A key that signs mail, without its secret. */
export interface DkimKey {
  /** Tells it from the others: its selector, and where each domain has keys of its own the whole name of its record. */
  readonly name: string;
  /** The first label of the names of its records. */
  readonly selector: string;
  readonly algorithm: DkimAlgorithm;
  /** The domains whose mail it signs. */
  readonly domains: readonly string[];
  /** Where rspamd reads it. */
  readonly file: string;
}

/** Which keys there are to be. */
export interface DkimChoice {
  readonly selector: string;
  readonly previous: readonly string[];
  readonly algorithms: readonly DkimAlgorithm[];
  /** Whether the domains share them or each has its own. */
  readonly keys: "host" | "domain";
}

/**
 * The keys that sign mail of these domains, those of the first selector first.
 *
 * Those of previous selectors sign too: whatever DNS has when a message arrives, one signature of it can be verified.
 */
export function dkimKeys({ selector, previous, algorithms, keys }: DkimChoice, domains: readonly string[]): DkimKey[] {
  return [selector, ...previous].flatMap((base) =>
    algorithms.flatMap((algorithm) => {
      const selector = selectorOf(base, algorithm);
      const key = (name: string, domains: readonly string[]): DkimKey => ({
        name,
        selector,
        algorithm,
        domains,
        file: `/etc/rspamd/dkim/${name}.key`,
      });
      return keys === "host"
        ? [key(selector, domains)]
        : domains.map((domain) => key(dkimRecordName(selector, domain), [domain]));
    }),
  );
}

/** A record holds one key: that of Ed25519 has another name than that of RSA, whose name may be published already. */
function selectorOf(base: string, algorithm: DkimAlgorithm): string {
  return algorithm === "rsa" ? base : `${base}-${algorithm}`;
}

/** The name of the DNS record that holds its public half. */
export function dkimRecordName(selector: string, domain: string): string {
  return `${selector}._domainkey.${domain}`;
}

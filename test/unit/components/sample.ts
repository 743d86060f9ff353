import { resolveMailHost } from "../../../components/resolve/resolveMailHost.ts";
import { validateMailHost } from "../../../components/validation/validateMailHost.ts";
import type { ResolvedMailHost } from "../../../shared/model/resolvedMailHost.ts";

/** Plain arguments without mistake; every kind of address is in them once. */
export const sampleArgs = {
  hostname: "mail.domain.tld",
  mail: { postmaster: "alice@domain.tld" },
  domains: {
    "domain.tld": {
      mailboxes: { bob: {}, alice: {}, old: { enabled: false } },
      aliases: {
        info: ["bob", "alice"],
        sales: { members: ["bob", "partner@elsewhere.example"], senders: ["alice"] },
        everybody: ["info", "dave@domain1.tld", "old"],
        retired: ["old"],
      },
    },
    "domain1.tld": { mailboxes: { dave: {} }, aliases: { abuse: ["dave"] } },
  },
};

/** The model of {@link sampleArgs} with other top-level arguments where they are given. */
export function sampleModel(args: object = {}): ResolvedMailHost {
  const { valid, problems } = validateMailHost({ ...sampleArgs, ...args }, undefined, new Date());
  if (valid === undefined) throw new Error(JSON.stringify(problems));
  return resolveMailHost(valid);
}

/** A password hash of the form that crypt(3) makes; no password is known to it. */
export const sampleHash = `{SHA512-CRYPT}$6$saltsalt$${"0".repeat(86)}`;

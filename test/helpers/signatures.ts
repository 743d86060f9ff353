import { arc } from "mailauth/lib/arc/index.js";
import { dkimVerify } from "mailauth/lib/dkim/verify.js";
import type { DnsRecord } from "../../components/index.ts";

/** A signature of a message, as a stranger who asks DNS finds it: `pass mail.domain.tld s1 rsa-sha256`. */
type Verdict = string;

/** What somebody who has nothing but the message and these records finds of its signatures, sorted. */
export async function verifySignatures(source: Buffer, records: readonly DnsRecord[]): Promise<Verdict[]> {
  const { results } = await dkimVerify(source, { resolver: resolverOf(records) });
  return results
    .filter(({ signingDomain }) => signingDomain !== undefined)
    .map(({ status, signingDomain, selector, algo }) => `${status.result} ${signingDomain} ${selector} ${algo}`)
    .sort();
}

/** The same of its ARC seals: the verdict on the whole chain, and how many there are. */
export async function verifySeals(source: Buffer, records: readonly DnsRecord[]): Promise<Verdict> {
  const resolver = resolverOf(records);
  const { arc: found } = await dkimVerify(source, { resolver });
  const { status, i } = await arc({ ...found, chain: found?.chain || [] }, { resolver });
  return `${status.result} ${i}`;
}

function resolverOf(records: readonly DnsRecord[]) {
  return async (name: string, type: string): Promise<string[][]> => {
    const found = records.filter((record) => record.name === name && record.type === type);
    if (found.length > 0) return found.map(({ value }) => [value]);
    throw Object.assign(new Error(`no ${type} of ${name}`), { code: "ENOTFOUND" });
  };
}

import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { KeptKey } from "../../resources/index.ts";
import { type DkimAlgorithm, type DkimKey, dkimRecordName } from "../../shared/dkim/dkimKey.ts";
import { dkimKeyText, dkimRecordText, findDkimKeyMistake } from "../../shared/dkim/dkimKeyText.ts";
import { type DnsRecordOutput, dnsRecordOutput } from "../dns/dnsRecordOutput.ts";
import { problem, throwProblems } from "../settings/problem.ts";

/** Name of a key to its private half in PEM form. */
export type GivenDkimKeys = Readonly<Record<string, pulumi.Input<string>>>;

/** What the keys become. */
export interface DkimKeys {
  /** Path on the host to the text of the key's file. Secrets. */
  readonly files: Record<string, pulumi.Output<string>>;
  /** Those of the public halves, whose values are unknown while the keys are. */
  readonly records: DnsRecordOutput[];
}

/** What `tls.PrivateKey` makes of each. */
const made: Readonly<Record<DkimAlgorithm, tls.PrivateKeyArgs>> = {
  rsa: { algorithm: "RSA", rsaBits: 2048 },
  ed25519: { algorithm: "ED25519" },
};

/**
 * The private halves of the keys: those that are given, and for the others new ones, which lie encrypted in the state. The host
 * keeps them: the records in the DNS are still right where the state is lost.
 *
 * @param name Prefix of the names of what is made
 * @param opts Parent and provider of what is on the host
 */
export function resolveDkimKeys(
  name: string,
  keys: readonly DkimKey[],
  given: GivenDkimKeys,
  opts: pulumi.CustomResourceOptions,
): DkimKeys {
  const pems = keys.map((key) => ({ key, pem: privateKey(name, key, given[key.name], opts) }));
  return {
    files: Object.fromEntries(
      pems.map(({ key, pem }) => [key.file, pem.apply((pem) => dkimKeyText(pem, key.algorithm))]),
    ),
    records: pems.flatMap(({ key, pem }) =>
      dkimRecords(key, pulumi.unsecret(pem.apply((pem) => dkimRecordText(pem, key.algorithm)))),
    ),
  };
}

function privateKey(
  name: string,
  key: DkimKey,
  given: pulumi.Input<string> | undefined,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  if (given === undefined) {
    const { provider: _, ...anywhere } = opts;
    const { privateKeyPemPkcs8 } = new tls.PrivateKey(`${name}-dkim-${key.name}`, made[key.algorithm], anywhere);
    return new KeptKey(`${name}-kept-${key.name}`, { name: key.name, privateKey: privateKeyPemPkcs8 }, opts).keptKey;
  }
  return pulumi.secret(given).apply((pem) => {
    const mistake = findDkimKeyMistake(pem, key.algorithm);
    throwProblems(mistake === undefined ? [] : [problem(["dkim", "privateKeys", key.name], mistake)]);
    return pem;
  });
}

function dkimRecords({ selector, domains, algorithm }: DkimKey, value: pulumi.Output<string>): DnsRecordOutput[] {
  return domains.map((domain) =>
    dnsRecordOutput({
      name: dkimRecordName(selector, domain),
      type: "TXT",
      value,
      reason: `the key that verifies the ${algorithm} signature of mail of ${domain} (RFC ${algorithm === "rsa" ? 6376 : 8463})`,
    }),
  );
}

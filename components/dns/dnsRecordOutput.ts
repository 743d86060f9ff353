import * as pulumi from "@pulumi/pulumi";
import type { DnsRecord } from "../../shared/model/dnsRecord.ts";

/** One DNS record of a mail host. All but the value is known in every preview, and so is the value where it is not that of a new key. */
export interface DnsRecordOutput extends Omit<DnsRecord, "value"> {
  /** Tells it from the others, also after its value has changed: a name for a resource. */
  readonly key: string;
  /** See {@link DnsRecord.value}. */
  readonly value: pulumi.Output<string>;
}

/** Types of which a name may have several records here. */
const severalOf: readonly DnsRecord["type"][] = ["A", "AAAA", "CAA"];

/** The same record as an output. One of an address or an authority is another one with each value. */
export function dnsRecordOutput(
  record: DnsRecord | (Omit<DnsRecord, "value"> & Pick<DnsRecordOutput, "value">),
): DnsRecordOutput {
  const { name, type, value } = record;
  const parts = typeof value === "string" && severalOf.includes(type) ? [name, type, value] : [name, type];
  return { ...record, key: parts.join(" "), value: pulumi.output(value) };
}

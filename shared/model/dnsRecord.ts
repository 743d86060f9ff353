/** One DNS record, as any DNS provider takes it. */
export interface DnsRecord {
  /** The whole name, without a dot at the end. */
  readonly name: string;
  readonly type: "A" | "AAAA" | "CAA" | "CNAME" | "MX" | "PTR" | "SRV" | "TXT";
  /** As in a zone file, with names that end with a dot; of TXT the text alone, without quotes and in one piece. */
  readonly value: string;
  /** What it is for. */
  readonly reason: string;
}

import type { DnsRecord } from "../../shared/model/dnsRecord.ts";

/** The longest piece of a text in a record: RFC 1035, 3.3. */
const longestPiece = 255;

/** The records as lines of a zone file (RFC 1035, 5), each with what it is for. */
export function renderZoneFile(records: readonly DnsRecord[]): string {
  return records
    .map(
      ({ name, type, value, reason }) => `; ${reason}\n${name}. IN ${type} ${type === "TXT" ? quoted(value) : value}\n`,
    )
    .join("");
}

/** Several texts in one record are read as one. */
function quoted(text: string): string {
  const pieces = text.match(new RegExp(`.{1,${longestPiece}}`, "gs")) ?? [""];
  return pieces.map((piece) => `"${piece.replaceAll(/["\\]/g, "\\$&")}"`).join(" ");
}

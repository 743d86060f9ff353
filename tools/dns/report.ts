import type { Comparison } from "./compareRecords.ts";

/** A line for each comparison: what is right, missing, different or not known. */
export function formatComparisons(comparisons: readonly Comparison[]): string {
  const width = Math.max(...comparisons.map(({ name }) => name.length));
  return comparisons
    .map((comparison) => `${comparison.result.padEnd(9)}  ${formatRecord(comparison, width)}`)
    .join("\n");
}

function formatRecord({ name, type, wanted, published, result, reason }: Comparison, width: number): string {
  const place = `${name.padEnd(width)}  ${type.padEnd(4)}`;
  const texts = (values: readonly string[]) => values.join(", ");
  switch (result) {
    case "right":
      return `${place}  ${texts(wanted)}`;
    case "missing":
      return `${place}  publish: ${texts(wanted)}`;
    case "different":
      return `${place}  published: ${texts(published ?? [])}; should be: ${texts(wanted)}`;
    case "unknown":
      return `${place}  the resolver does not answer (${reason}); should be: ${texts(wanted)}`;
    default:
      return result satisfies never;
  }
}

/** As monitoring plugins end: 0 where all is right, 1 where a record is missing or different, 3 where the resolver does not answer. */
export function exitCode(comparisons: readonly Comparison[]): 0 | 1 | 3 {
  const results = comparisons.map(({ result }) => result);
  if (results.includes("missing") || results.includes("different")) return 1;
  return results.includes("unknown") ? 3 : 0;
}

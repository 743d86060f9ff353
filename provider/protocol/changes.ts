import { isDeepStrictEqual } from "node:util";
import { formatPath } from "../../shared/propertyPath.ts";
import { isRecord, type Properties } from "./values.ts";

/** One line of a preview: a property and what happens to it. */
export interface PropertyChange {
  path: string;
  kind: "add" | "delete" | "update";
  /** The change cannot be made in place. */
  replace?: boolean;
}

/**
 * What has to change for `observed` to become `wanted`. Maps are compared entry by entry; lists and texts as one
 * value. Properties that `wanted` does not name are outputs, or left to the host.
 */
export function compareProperties(observed: Properties, wanted: Properties): PropertyChange[] {
  return Object.entries(wanted)
    .filter(([, value]) => value !== undefined)
    .flatMap(([name, value]) => compareValues([name], observed[name], value));
}

function compareValues(path: PropertyKey[], observed: unknown, wanted: unknown): PropertyChange[] {
  if (isRecord(observed) && isRecord(wanted)) {
    const keys = [...new Set([...Object.keys(observed), ...Object.keys(wanted)])].sort();
    return keys.flatMap((key) => compareValues([...path, key], observed[key], wanted[key]));
  }
  if (isDeepStrictEqual(observed, wanted)) return [];
  const kind = observed === undefined ? "add" : wanted === undefined ? "delete" : "update";
  return [{ path: formatPath(path), kind }];
}

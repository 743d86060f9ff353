import type { ExtraValue } from "../mailHostArgs.ts";

/** The value as both daemons write it. */
export function valueText(value: ExtraValue): string {
  return typeof value === "boolean" ? (value ? "yes" : "no") : String(value);
}

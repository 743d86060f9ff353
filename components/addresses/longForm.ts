import type { AliasSettings } from "../settings/schema.ts";

/** An alias as if it had been written with `members`. */
export function longForm(alias: AliasSettings): Exclude<AliasSettings, readonly string[]> {
  return Array.isArray(alias) ? { members: alias } : alias;
}

import { closest, distance } from "fastest-levenshtein";

/** Beyond this many names a suggestion would cost more time than it saves. */
const searchLimit = 1000;

/** `; did you mean "quota"?` where one of `names` is spelt much like `name`, else nothing. */
export function didYouMean(name: string, names: readonly string[]): string {
  if (names.length === 0 || names.length > searchLimit) return "";
  const nearest = closest(name, names);
  const tolerated = Math.max(1, Math.floor(name.length / 3));
  return distance(name, nearest) <= tolerated ? `; did you mean ${JSON.stringify(nearest)}?` : "";
}

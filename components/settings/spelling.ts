import { closest, distance } from "fastest-levenshtein";

/** Beyond this many names a suggestion would cost more time than it saves. */
const searchLimit = 1000;

/** Two letters exchanged count as two changes; what takes more is another word. */
const tooFar = 3;

/** `; did you mean "quota"?` where one of `names` is spelt much like `name`, else nothing. */
export function didYouMean(name: string, names: readonly string[]): string {
  if (names.length === 0 || names.length > searchLimit) return "";
  const nearest = closest(name, names);
  return distance(name, nearest) < Math.min(name.length, tooFar) ? `; did you mean ${JSON.stringify(nearest)}?` : "";
}

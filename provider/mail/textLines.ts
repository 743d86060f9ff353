/** The lines of a text that are not empty. */
export function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

/** A text of these lines, sorted. */
export function sortedText(lines: Iterable<string>): string {
  return [...lines]
    .sort()
    .map((line) => `${line}\n`)
    .join("");
}

import type { PostfixParameter } from "../../model/postfixParameters.ts";

/** A service in a text of master.cf, see master(5): its own line and those that belong to it. */
interface Entry {
  /** `submission/inet`, as `postconf -P` spells it. */
  readonly name: string;
  readonly first: number;
  /** The number of the line behind them. */
  readonly next: number;
}

/**
 * The text, which has each option on a line of its own, with these parameters given to their services; one that a service
 * has already is replaced.
 */
export function addServiceOptions(text: string, parameters: readonly PostfixParameter[], heading: string): string {
  const lines = text.split("\n");
  const ofService = Map.groupBy(parameters, ({ service }) => service);
  for (const { name, first, next } of readEntries(lines).reverse()) {
    const added = ofService.get(name);
    if (added === undefined) continue;
    const kept = lines.slice(first, next).filter((line) => !added.some(({ name }) => name === optionName(line)));
    lines.splice(first, next - first, ...kept, heading, ...added.map(renderOption));
  }
  return lines.join("\n");
}

function readEntries(lines: readonly string[]): Entry[] {
  const starts = lines.flatMap((line, index) => (/^[^\s#]/.test(line) ? [index] : []));
  return starts.map((first, index) => {
    const [service = "", type = ""] = lines[first]?.split(/\s+/) ?? [];
    const last = lines.slice(0, starts[index + 1]).findLastIndex((line) => /^\s*[^\s#]/.test(line));
    return { name: `${service}/${type}`, first, next: last + 1 };
  });
}

function optionName(line: string): string | undefined {
  return /^\s+-o ([\w-]+)=/.exec(line)?.[1];
}

function renderOption({ name, value }: PostfixParameter): string {
  return /[\s{}]/.test(value) ? `  -o { ${name} = ${value} }` : `  -o ${name}=${value}`;
}

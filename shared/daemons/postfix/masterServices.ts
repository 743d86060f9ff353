import type { PostfixParameter } from "../../model/postfixParameters.ts";

/** A service in a text of master.cf, see master(5). */
export interface MasterService {
  /** `submission/inet`, as `postconf -P` spells it. */
  readonly name: string;
  /** Names of the parameters that it is given (`-o`). */
  readonly options: readonly string[];
}

/** A service with the lines that belong to it, its own first; `next` is the number of the line behind them. */
interface Entry extends MasterService {
  readonly first: number;
  readonly next: number;
}

/** The services in a text of ours, which has each option on a line of its own. */
export function readMasterServices(text: string): MasterService[] {
  return readEntries(text.split("\n"));
}

/** The text with these parameters given to their services; one that a service has already is replaced. */
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
    const options = lines.slice(first, last + 1).flatMap((line) => optionName(line) ?? []);
    return { name: `${service}/${type}`, options, first, next: last + 1 };
  });
}

function optionName(line: string): string | undefined {
  return /^\s+-o ([\w-]+)=/.exec(line)?.[1];
}

function renderOption({ name, value }: PostfixParameter): string {
  return /[\s{}]/.test(value) ? `  -o { ${name} = ${value} }` : `  -o ${name}=${value}`;
}

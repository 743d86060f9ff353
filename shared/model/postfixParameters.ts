import { type ExtraValue, valueText } from "./extraValue.ts";

/** A parameter of Postfix that is given beside those of our files. */
export interface PostfixParameter {
  /** The service of master.cf that it is for, such as `submission/inet`; undefined for one of main.cf. */
  readonly service: string | undefined;
  readonly name: string;
  readonly value: string;
}

/** The parameters, whose names are spelt as postconf(1) spells them, in the order of their spelling. */
export function resolveParameters(parameters: Readonly<Record<string, ExtraValue>>): PostfixParameter[] {
  return Object.entries(parameters)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([spelling, value]) => ({ ...splitSpelling(spelling), value: valueText(value) }));
}

/** Takes `submission/inet/NAME`, or `NAME` alone, apart. */
export function splitSpelling(spelling: string): Pick<PostfixParameter, "service" | "name"> {
  const slash = spelling.lastIndexOf("/");
  return slash < 0
    ? { service: undefined, name: spelling }
    : { service: spelling.slice(0, slash), name: spelling.slice(slash + 1) };
}

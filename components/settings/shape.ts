import * as z from "zod";
import { formatPath } from "../../shared/propertyPath.ts";
import { type Path, type Problem, problem } from "./problem.ts";
import { didYouMean } from "./spelling.ts";

/*
 * Shapes are zod schemas in which every message says what is allowed ("a whole number of bytes"), so that one
 * sentence fits all: `mail.messageSizeLimit: must be a whole number of bytes, but is "20M"`.
 */

/** A mapping that takes no other keys than those of `shape`. */
export function mapping<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const keys = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => (issue.code === "unrecognized_keys" ? keys.join(" ") : `a mapping with ${keys.join(", ")}`),
  });
}

/** A text that matches `pattern`, which `allowed` describes. */
export function text(pattern: RegExp, allowed: string) {
  return z.string({ error: allowed }).regex(pattern, { error: allowed });
}

/** One of several words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, { error: words.map((word) => JSON.stringify(word)).join(" or ") });
}

/** A whole number within limits. */
export function wholeNumber(least: number, most: number, noun: string) {
  const allowed = `${noun}: a whole number from ${least} to ${most}`;
  return z.int({ error: allowed }).min(least, { error: allowed }).max(most, { error: allowed });
}

/** A list of texts without doubles. */
export function list<Item extends z.ZodType<string>>(item: Item, allowed: string) {
  return withoutDoubles(z.array(item, { error: allowed }), (value) => value, "value");
}

/**
 * The same list without two items of one key.
 *
 * @param key What must differ where there is any, of which `noun` is the name
 */
export function withoutDoubles<Item extends z.ZodType>(
  items: z.ZodArray<Item>,
  key: (item: z.output<Item>) => string | undefined,
  noun: string,
) {
  return items.superRefine((values, context) => {
    const keys = values.map(key);
    keys.forEach((value, index) => {
      if (value === undefined || keys.indexOf(value) === index) return;
      const message = `another ${noun} than those before it`;
      context.addIssue({ code: "custom", path: [index], message, input: values[index] });
    });
  });
}

/** What became of an input. */
export interface Parsed<Whole, Part> {
  /** All of it; undefined where there is a mistake. */
  readonly value: Whole | undefined;
  /** The properties that can be read without what is wrong, so that the checks of meaning still run on the rest. */
  readonly readable: Part | undefined;
  readonly problems: readonly Problem[];
  /** A problem of `readable` at its place in the input, where items of lists may stand before it that are wrong. */
  readonly toGiven: (found: Problem) => Problem;
}

/**
 * Reads `input`, which stands at `path` in the whole, and finds all mistakes of its shape.
 *
 * @param lenient The schema for an input that lacks properties
 */
export function parseShape<Whole extends Part, Part>(
  schema: z.ZodType<Whole>,
  lenient: z.ZodType<Part>,
  input: unknown,
  path: Path = [],
): Parsed<Whole, Part> {
  const result = schema.safeParse(input);
  const issues = (result.error?.issues ?? []).flatMap((issue) => [issue, ...issuesBehind(issue, schema, input)]);
  const problems = [...validateKeys(input, path), ...issues.flatMap((issue) => describe(issue, input, path))];
  const places: Places = new Map();
  const value = problems.length === 0 ? result.data : undefined;
  return {
    value,
    readable: value ?? readRest(lenient, input, places),
    problems,
    toGiven: (found) => ({ ...found, propertyPath: placeInInput(found.propertyPath, places) }),
  };
}

/** Names that one mapping or another takes. */
const standIns = ["stand-in", "stand-in.example"];

/** What is wrong behind a name that is refused: zod does not look there, so it is asked again with another name. */
function issuesBehind({ code, path }: z.core.$ZodIssue, schema: z.ZodType, input: unknown): z.core.$ZodIssue[] {
  if (code !== "invalid_key") return [];
  for (const name of standIns) {
    const { error } = schema.safeParse(withName(input, path, name));
    const behind = error?.issues.filter((issue) => issue.path[path.length - 1] === name) ?? [];
    if (behind.some((issue) => issue.code === "invalid_key" && issue.path.length === path.length)) continue;
    return behind.map((issue) => ({ ...issue, path: [...path, ...issue.path.slice(path.length)] }));
  }
  return [];
}

/** A copy of `input` in which what stands at a path has another name. */
function withName(input: unknown, [key, ...rest]: readonly PropertyKey[], name: string): unknown {
  if (!isRecord(input)) return input;
  const entries = Object.entries(input).map(([known, value]) =>
    known !== key ? [known, value] : rest.length === 0 ? [name, value] : [known, withName(value, rest, name)],
  );
  return Object.fromEntries(entries);
}

/** Keys that zod skips in silence, because assigning them would change an object's class. */
function validateKeys(input: unknown, path: Path): Problem[] {
  if (Array.isArray(input)) return input.flatMap((item, index) => validateKeys(item, [...path, index]));
  if (!isRecord(input)) return [];
  return Object.entries(input).flatMap(([key, value]) =>
    key === "__proto__" ? [problem([...path, key], "is no name")] : validateKeys(value, [...path, key]),
  );
}

/** The path of a list to where in the input each item that is left of it stands. */
type Places = Map<string, readonly number[]>;

function placeInInput(propertyPath: string, places: Places): string {
  for (const [list, indexes] of places) {
    const [, index, rest = ""] = /^\[(\d+)\](.*)$/s.exec(propertyPath.slice(list.length)) ?? [];
    if (index === undefined || !propertyPath.startsWith(list)) continue;
    return `${list}[${indexes[Number(index)]}]${rest}`;
  }
  return propertyPath;
}

/** Takes wrong properties away until the rest is right; what lacks something required is wrong too. */
function readRest<Part>(lenient: z.ZodType<Part>, input: unknown, places: Places): Part | undefined {
  for (let rest = input; isRecord(rest); ) {
    const { data, error } = lenient.safeParse(rest);
    if (error === undefined) return data;
    rest = withoutMistakes(rest, error.issues, places);
  }
  return undefined;
}

function describe(issue: z.core.$ZodIssue, input: unknown, parent: Path): Problem[] {
  const value = valueAt(input, issue.path);
  const path = [...parent, ...issue.path.map(segment)];
  switch (issue.code) {
    case "unrecognized_keys": {
      const allowed = issue.message.split(" ");
      return issue.keys.map((key) =>
        problem([...path, key], `is no known key${didYouMean(key, allowed)} (known here: ${allowed.join(", ")})`),
      );
    }
    case "invalid_key":
      return [problem(path, `the name must be ${issue.issues[0]?.message ?? "another one"}`)];
    case "invalid_union": {
      // Unions here are "list, or mapping": the mistakes of the form that was chosen are the ones that help.
      const chosen = Array.isArray(value) ? issue.errors[0] : isRecord(value) ? issue.errors[1] : undefined;
      if (chosen !== undefined) return chosen.flatMap((inner) => describe(inner, value, path));
      return [problem(path, `must be ${issue.message}, but is ${kindOf(value)}`)];
    }
    case "invalid_type":
      return [
        problem(path, `must be ${issue.message}, but is ${isContainer(issue.expected) ? kindOf(value) : show(value)}`),
      ];
    default:
      return [problem(path, `must be ${issue.message}, but is ${show(value)}`)];
  }
}

/** A copy of `input` without the properties that the issues are about. Notes the places of items in lists. */
function withoutMistakes(input: unknown, issues: readonly z.core.$ZodIssue[], places: Places): unknown {
  const wrong = new Set(
    issues.flatMap((issue) => wrongPaths(issue, input)).map((path) => formatPath(path.map(segment))),
  );
  const copy = (value: unknown, path: Path): unknown => {
    if (wrong.has(formatPath(path))) return undefined;
    if (Array.isArray(value)) {
      const items = value.map((item, index) => copy(item, [...path, index]));
      const left = [...items.keys()].filter((index) => isDefined(items[index]));
      const before = places.get(formatPath(path));
      const inInput = left.map((index) => before?.[index] ?? index);
      if (left.length < items.length) places.set(formatPath(path), inInput);
      return left.map((index) => items[index]);
    }
    if (!isRecord(value)) return value;
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, item]) => [key, copy(item, [...path, key])] as const)
        .filter(([, item]) => isDefined(item)),
    );
  };
  return copy(input, []);
}

function wrongPaths(issue: z.core.$ZodIssue, input: unknown): PropertyKey[][] {
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => [...issue.path, key]);
  const isMissing = !isDefined(valueAt(input, issue.path));
  return [isMissing ? issue.path.slice(0, -1) : issue.path];
}

function isDefined(value: unknown): boolean {
  return value !== undefined;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    input,
  );
}

function segment(key: PropertyKey): string | number {
  return typeof key === "symbol" ? key.toString() : key;
}

/** A plain mapping; an Output or another object of a class is a value of its own. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function isContainer(expected: string): boolean {
  return ["object", "record", "array"].includes(expected);
}

/** The value, for messages; never used for secrets. */
export function show(value: unknown): string {
  if (value === undefined) return "missing";
  const shown = JSON.stringify(value) ?? typeof value;
  return shown.length > 80 ? `${shown.slice(0, 77)}...` : shown;
}

/** The kind of a value that should have been a list or a mapping; its text may be a misplaced secret. */
function kindOf(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "empty";
  return Array.isArray(value) ? "a list" : typeof value === "object" ? "a mapping" : `a ${typeof value}`;
}

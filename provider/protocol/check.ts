import { distance } from "fastest-levenshtein";
import type { z } from "zod";
import { formatPath } from "../../shared/propertyPath.ts";
import type { CheckFailure } from "./resource.ts";
import { containsUnknown, type Properties, UNKNOWN } from "./values.ts";

/**
 * Holds `inputs` against `schema` and fills in its defaults. What is not known yet passes: it is checked in the update.
 * Reasons never tell a value, because it may be a secret.
 */
export function checkInputs<Inputs extends object>(
  schema: z.ZodObject,
  inputs: Properties,
  check?: (inputs: Inputs) => CheckFailure[],
): { inputs: Properties; failures: CheckFailure[] } {
  const parsed = schema.safeParse(inputs);
  if (parsed.success) {
    const unknown = containsUnknown(parsed.data);
    return { inputs: parsed.data, failures: unknown ? [] : (check?.(parsed.data as Inputs) ?? []) };
  }
  const failures = parsed.error.issues
    .filter((issue) => valueAt(inputs, issue.path) !== UNKNOWN)
    .flatMap((issue) => describe(schema, issue));
  return { inputs: failures.length > 0 ? inputs : withDefaults(schema, inputs), failures };
}

function describe(schema: z.ZodObject, issue: z.core.$ZodIssue): CheckFailure[] {
  if (issue.code !== "unrecognized_keys") return [{ property: formatPath(issue.path), reason: reasonOf(issue) }];
  return issue.keys.map((key) => {
    const known = issue.path.length === 0 ? Object.keys(schema.shape) : [];
    return { property: formatPath([...issue.path, key]), reason: `there is no such property${hintAt(key, known)}` };
  });
}

/** Of a key that is not allowed zod tells the reason one level down. */
function reasonOf(issue: z.core.$ZodIssue): string {
  return issue.code === "invalid_key" ? issue.issues.map(({ message }) => message).join("; ") : issue.message;
}

/** The nearest spelling, unless it is quite another word. */
function hintAt(key: string, known: readonly string[]): string {
  const nearest = known.toSorted((a, b) => distance(a, key) - distance(b, key)).at(0);
  if (nearest === undefined) return "";
  if (distance(nearest, key) > nearest.length / 2) return `; there are ${known.join(", ")}`;
  return `; did you mean ${nearest}?`;
}

/**
 * Fills in defaults property by property: where a value is unknown the whole does not parse, and a state of an earlier version
 * lacks inputs that came later.
 */
export function withDefaults(schema: z.ZodObject, inputs: Properties): Properties {
  const filled: Properties = { ...inputs };
  for (const [name, type] of Object.entries(schema.shape)) {
    const parsed = (type as z.ZodType).safeParse(inputs[name]);
    if (parsed.success && parsed.data !== undefined) filled[name] = parsed.data;
  }
  return filled;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : inner),
    value,
  );
}

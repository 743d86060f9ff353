import type { z } from "zod";
import { type Properties, UNKNOWN } from "./values.ts";

/**
 * Arguments of a provider, whose SDKs and stack configurations may give numbers, lists and mappings as JSON text. What
 * does not fit its type stays as it is, for the check to tell.
 */
export function parseArgumentTexts(schema: z.ZodObject, args: Properties): Properties {
  const parsed = Object.entries(args).map(([name, value]) => {
    const type = schema.shape[name] as z.ZodType | undefined;
    if (typeof value !== "string" || value === UNKNOWN || type === undefined) return [name, value];
    const isText = type.safeParse(value).success && !/^[[{]/.test(value);
    const meant = isText ? value : fromJson(value);
    return [name, type.safeParse(meant).success ? meant : value];
  });
  return Object.fromEntries(parsed);
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

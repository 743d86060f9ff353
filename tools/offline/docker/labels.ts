import { z } from "zod";

/** Labels as the official provider takes them. */
export const labels = z
  .array(z.strictObject({ label: z.string(), value: z.string() }))
  .default([])
  .describe("Names and values for programs that look for them.");

/** As the engine takes them. */
export function labelMap(list: z.infer<typeof labels>): Record<string, string> {
  return Object.fromEntries(list.map(({ label, value }) => [label, value]));
}

import { z } from "zod";

/** An input of which the official provider has other values too, so that it must be given. */
export function only<Value extends string | boolean>(value: Value, reason: string) {
  return z.literal(value, { error: `must be ${JSON.stringify(value)}: ${reason}` }).describe(`Always ${value}.`);
}

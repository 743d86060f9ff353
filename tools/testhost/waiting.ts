import { setTimeout as delay } from "node:timers/promises";

/** How long to wait, and for what: the text goes into the error message. */
export interface Patience {
  readonly what: string;
  readonly timeoutMs: number;
}

const pollIntervalMs = 15;

/**
 * Asks until there is an answer other than undefined.
 *
 * For events that the kernel does not report to a process that is not the parent; prefer a real event where there is one.
 */
export async function waitUntil<T>(
  ask: () => Promise<T | undefined> | T | undefined,
  { what, timeoutMs }: Patience,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs / 1000} s in vain for ${what}`);
    await delay(pollIntervalMs);
  }
}

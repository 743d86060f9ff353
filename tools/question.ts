import { createInterface } from "node:readline/promises";

/** The answer to a question at the terminal; empty where it is left by Control-C or Control-D. */
export async function question(text: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const left = new AbortController();
  terminal.once("close", () => left.abort());
  try {
    return await terminal.question(text, { signal: left.signal });
  } catch {
    return "";
  } finally {
    terminal.close();
  }
}

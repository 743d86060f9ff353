import { passwordHashMistake } from "../../components/validation/passwordHash.ts";
import { Failure } from "../failure.ts";

/** A mailbox with its password, or with the `{SCHEME}hash` of it. */
export type PasswordLine = { readonly address: string } & (
  | { readonly password: string; readonly hash?: never }
  | { readonly hash: string; readonly password?: never }
);

/** Whether a text is the address of a mailbox. */
export function isMailboxAddress(text: string): boolean {
  return /^[a-z0-9][a-z0-9._-]*@[a-z0-9][a-z0-9.-]*$/.test(text);
}

/**
 * Lines `ADDRESS:PASSWORD` or `ADDRESS:{SCHEME}hash`; empty ones are left out. A password that begins like a hash can be typed
 * at the prompt only.
 *
 * @throws Failure with all mistakes, each with its line, and without any password or hash
 */
export function parsePasswordLines(text: string): PasswordLine[] {
  const lines = new Map<string, PasswordLine>();
  const mistakes: string[] = [];
  text.split(/\r?\n/).forEach((line, index) => {
    if (line.trim() === "") return;
    const [, address = "", secret = ""] = /^([^:]*):(.*)$/s.exec(line) ?? [];
    const isHash = /^\{[A-Z0-9-]+\}/i.test(secret);
    const mistake =
      mistakeIn(address, secret, isHash) ?? (lines.has(address) ? `sets ${address} once more` : undefined);
    if (mistake !== undefined) mistakes.push(`line ${index + 1} ${mistake}`);
    lines.set(address, isHash ? { address, hash: secret } : { address, password: secret });
  });
  if (mistakes.length > 0) throw new Failure(`standard input: ${mistakes.join("; ")}; nothing was changed`);
  return [...lines.values()];
}

function mistakeIn(address: string, secret: string, isHash: boolean): string | undefined {
  if (!isMailboxAddress(address)) return "must be ADDRESS:PASSWORD or ADDRESS:{SCHEME}hash";
  if (secret === "") return `has no password for ${address}`;
  const wrong = isHash ? passwordHashMistake(secret) : undefined;
  return wrong === undefined ? undefined : `has a hash for ${address} that ${wrong}`;
}

import { readFileSync } from "node:fs";
import type { Daemon } from "../../shared/daemons/daemon.ts";

const shellFile = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");

/** Functions that the hooks of all daemons and the transaction share. */
export const COMMON_SHELL = shellFile("common.sh");

/** What ties the hooks of these daemons together. */
export function transactionShell(daemons: readonly Daemon[]): string {
  const hooks = daemons.map(({ hooks }) => (hooks instanceof URL ? readFileSync(hooks, "utf8") : hooks));
  return [COMMON_SHELL, shellFile("hooks.sh"), ...hooks, shellFile("transaction.sh")].join("\n");
}

import type { SwapTurn } from "../../shared/daemons/daemon.ts";
import { daemons } from "../../shared/daemons/registry.ts";

/** Where no daemon says another: in between. */
const ranks: Readonly<Record<SwapTurn, number>> = { early: 1, late: 3, last: 4 };
const usual = 2;

/** Compares paths for the order in which changed files are swapped in: key and certificate first. */
export function bySwapOrder(a: string, b: string): number {
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}

/** Whether daemons read the file because another one names it, and not because of where it lies. */
export function isNamedByOthers(file: string): boolean {
  return rank(file) < usual;
}

function rank(file: string): number {
  if (file.startsWith("/etc/ssl/")) return 0;
  const turns = daemons.flatMap(({ swapTurns = {} }) => Object.entries(swapTurns));
  const [, turn] = turns.find(([path]) => file === path || (path.endsWith("/") && file.startsWith(path))) ?? [];
  return turn === undefined ? usual : ranks[turn];
}

import { join } from "node:path";
import { checkoutFolder } from "./launch/paths.mjs";

/** A program that looks at all sources; run it with Node in the checkout. */
export interface SourceCheck {
  title: string;
  args: readonly string[];
}

const biome = join(checkoutFolder, "node_modules", "@biomejs", "biome", "bin", "biome");
const tsc = join(checkoutFolder, "node_modules", "typescript", "bin", "tsc");

/** What `npm run check` and the test suite hold the sources against. */
export const sourceChecks: readonly SourceCheck[] = [
  { title: "Biome finds nothing to change", args: [biome, "check", "."] },
  { title: "TypeScript finds no type error", args: [tsc, "--noEmit"] },
  { title: "ShellCheck finds nothing in any shell", args: [join(import.meta.dirname, "checkShell.ts")] },
];

/** The fixing twin of the first check. */
export const sourceFix: SourceCheck = { title: "Biome repairs what it can", args: [biome, "check", "--write", "."] };

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Failure } from "../failure.ts";
import { runForeground } from "../launch/child.mjs";
import { say } from "./say.ts";

const progressMilliseconds = 15_000;

/** A program that is built from Go modules: the module that pins it, the package that is its `main`. */
export interface GoProgram {
  name: string;
  moduleFolder: string;
  package: string;
  flags: readonly string[];
}

/** A name for a build of these programs. */
export function buildKeyOf(programs: readonly GoProgram[]): string {
  const goFiles = programs.flatMap(({ moduleFolder }) =>
    ["go.mod", "go.sum"].map((name) => readFileSync(join(moduleFolder, name), "utf8")),
  );
  const flags = programs.flatMap(({ flags }) => flags);
  return buildKey(goFiles, flags);
}

/** Names a build by all that decides what comes out of it, so that a changed pin never finds the old binaries. */
export function buildKey(goFiles: readonly string[], flags: readonly string[]): string {
  return createHash("sha256")
    .update(JSON.stringify([goFiles, flags, process.platform, process.arch]))
    .digest("hex")
    .slice(0, 12);
}

/** Builds a program by a Go tool chain into a folder. */
export async function buildProgram(go: string, program: GoProgram, binFolder: string): Promise<void> {
  const begin = Date.now();
  const messages: string[] = [];
  let compiled = 0;
  const progress = setInterval(
    () => say(`building ${program.name}: ${seconds(begin)} s, ${compiled} packages compiled`),
    progressMilliseconds,
  );
  try {
    const ending = await runForeground(
      go,
      ["build", "-v", "-buildvcs=false", ...program.flags, "-o", join(binFolder, program.name), program.package],
      {
        cwd: program.moduleFolder,
        env: { ...process.env, CGO_ENABLED: "0", GOTOOLCHAIN: "local" },
        stdio: ["ignore", 2, "pipe"],
        onStart: ({ stderr }) => {
          if (stderr === null) return;
          createInterface({ input: stderr }).on("line", (line) => {
            // With -v, Go names each package that it compiles; anything else is something to tell.
            if (/^[\w./~-]+$/.test(line)) compiled += 1;
            else messages.push(line);
          });
        },
      },
    );
    if (ending.signal !== null) throw new Failure(`building ${program.name} was interrupted (${ending.signal})`);
    if (ending.code !== 0) {
      throw new Failure(`go could not build ${program.name}:\n${messages.slice(-20).join("\n")}`);
    }
  } finally {
    clearInterval(progress);
  }
}

/** Whole seconds since a moment. */
export function seconds(begin: number): number {
  return Math.round((Date.now() - begin) / 1000);
}

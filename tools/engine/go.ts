import { execFileSync } from "node:child_process";
import { Failure } from "../failure.ts";
import { satisfies } from "./version.ts";

const oldestGo = "1.26";

/** Where Go's own installer puts it, often without adding it to PATH. */
const usualGo = "/usr/local/go/bin/go";

/**
 * The Go tool chain that builds a program. Fails, with what was found instead, where none is new enough.
 *
 * @param what What is built
 * @param alternative What can be done instead of installing it
 */
export function findGo(what: string, alternative?: string): string {
  const found: string[] = [];
  for (const go of ["go", usualGo]) {
    const version = goVersion(go);
    if (version === undefined) continue;
    if (satisfies(version, oldestGo)) return go;
    found.push(`${go} is ${version}`);
  }
  const remedies = ["install it from go.dev/dl", alternative].filter((remedy) => remedy !== undefined);
  throw new Failure(
    `${what} is built from source here, which needs Go ${oldestGo} or later: ` +
      `${found.length === 0 ? "no Go was found" : found.join(", ")}; ${remedies.join(", ")}`,
  );
}

function goVersion(go: string): string | undefined {
  try {
    const version = execFileSync(go, ["env", "GOVERSION"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      env: { ...process.env, GOTOOLCHAIN: "local" },
    });
    return version.trim().replace(/^go/, "");
  } catch {
    return undefined;
  }
}

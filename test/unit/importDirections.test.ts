import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { checkoutFolder } from "../../tools/launch/paths.mjs";

/** Which other parts each part may import; docs/ARCHITECTURE.md gives the reasons. Circles are Biome's matter. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  "components/settings": ["shared"],
  "components/addresses": ["shared", "components/settings"],
  "components/validation": ["shared", "components/settings", "components/addresses"],
  "components/resolve": ["shared", "components/settings", "components/addresses", "components/validation"],
  components: [
    ...["shared", "resources"],
    ...["components/settings", "components/addresses", "components/validation", "components/resolve"],
  ],
  resources: ["shared"],
  acceptance: ["shared"],
  config: ["shared", "components", "components/settings", "components/validation", "resources"],
  provider: ["shared"],
};

const parts = Object.keys(allowed).sort((a, b) => b.length - a.length);

function partOf(file: string): string | undefined {
  return parts.find((part) => file.startsWith(`${part}/`));
}

/** The files that a file names in `from "..."` and `import("...")`. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(checkoutFolder, file), "utf8");
  const specifiers = [...text.matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(([, path = ""]) => path);
  return specifiers.map((path) => join(dirname(file), path));
}

test.each(Object.keys(allowed))("%s imports only what is below it", (part) => {
  const files = globSync(`${part}/**/*.ts`, { cwd: checkoutFolder }).filter((file) => partOf(file) === part);
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter((imported) => {
        const other = partOf(imported);
        return other === undefined ? imported !== "package.json" : other !== part && !allowed[part]?.includes(other);
      })
      .map((imported) => `${file} imports ${imported}`),
  );
  expect(files).not.toEqual([]);
  expect(wrong).toEqual([]);
});

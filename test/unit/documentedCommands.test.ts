import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkoutFolder } from "../../tools/launch/paths.mjs";
import { codeBlocks } from "../helpers/codeBlocks.ts";

const read = (file: string) => readFileSync(join(checkoutFolder, file), "utf8");

const { scripts } = JSON.parse(read("package.json"));

/** What npm itself can do, of which the pages tell. */
const ofNpm = ["ci", "install"];

const pages = globSync("**/*.md", { cwd: checkoutFolder, exclude: ["**/node_modules", "**/.local"] });
const commands = pages.flatMap((page) =>
  codeIn(page)
    .flatMap((code) => [...code.matchAll(/\bnpm (run )?(?:-s )?([\w:-]+)([^|;&]*)/g)])
    .map(([command, run = "", name = "", rest = ""]) => ({ page, command: command.trim(), run, name, rest })),
);

/** The lines of all blocks of code, which are commands or their output, and the code within sentences. */
function codeIn(page: string): string[] {
  const inline = [
    ...read(page)
      .replaceAll(/^ *```.*?^ *```$/gms, "")
      .matchAll(/`([^`]+)`/g),
  ];
  return [...codeBlocks(page).flatMap((block) => block.split("\n")), ...inline.map(([, code = ""]) => code)];
}

test.each(commands)("$page: $command is a command of package.json", ({ run, name }) => {
  const known = run === "" ? ["start", "stop", "test", ...ofNpm] : Object.keys(scripts);
  expect(known).toContain(name);
});

/** Those whose arguments are ours; the engine has those of `npm run pulumi`. */
const withFlags = commands
  .filter(({ name }) => ["password", "rollback", "status", "delete-mail"].includes(name))
  .flatMap(({ page, name, rest }) => [...rest.matchAll(/--(\w+)/g)].map(([, flag = ""]) => ({ page, name, flag })));

test.each(withFlags)("$page: npm run $name knows --$flag", ({ name, flag }) => {
  const [, command = ""] = / (\w+)$/.exec(scripts[name]) ?? [];
  const options = [...read(`tools/commands/${command}.ts`).matchAll(/(\w+): \{ type: "(?:string|boolean)"/g)];
  expect(options.map(([, option]) => option)).toContain(flag);
});

test("the pages tell of flags of all of them", () => {
  expect(withFlags.map(({ name, flag }) => `${name} --${flag}`)).toEqual(
    expect.arrayContaining([
      "password --stack",
      "password --scheme",
      "password --remove",
      "status --stack",
      "delete-mail --confirm",
      "rollback --stack",
    ]),
  );
});

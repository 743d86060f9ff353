import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { checkoutFolder } from "../../tools/launch/paths.mjs";
import { mustRun } from "../../tools/testhost/processes.ts";
import { codeBlocks } from "../helpers/codeBlocks.ts";
import { useTemporaryFolder } from "../helpers/temporaryFolder.ts";

const page = "docs/own-program.md";
const folder = useTemporaryFolder();

test("the program of the page has no type error", { timeout: 120_000 }, () => {
  const [program = ""] = codeBlocks(page, "ts");
  expect(typeErrors(program)).toEqual([]);
});

test("a program that depends on a clone imports MailHost by the package's name", { timeout: 60_000 }, async () => {
  const [, statement = ""] = codeBlocks(page, "ts");
  const [manifest = ""] = codeBlocks(page, "json");
  mkdirSync(join(folder(), "node_modules"));
  // What npm makes of `file:mailhost`.
  symlinkSync(checkoutFolder, join(folder(), "mailhost"));
  symlinkSync("../mailhost", join(folder(), "node_modules", "mailhost"));
  writeFileSync(join(folder(), "package.json"), manifest);
  writeFileSync(join(folder(), "index.ts"), `${statement}console.log(MailHost.name);\n`);
  expect(await mustRun([process.execPath, join(folder(), "index.ts")])).toBe("MailHost\n");
});

test("the page has the version of Pulumi's package that this one has", () => {
  const [manifest = ""] = codeBlocks(page, "json");
  const { dependencies } = JSON.parse(ts.sys.readFile(join(checkoutFolder, "package.json")) ?? "");
  expect(JSON.parse(manifest).dependencies["@pulumi/pulumi"]).toBe(dependencies["@pulumi/pulumi"]);
});

/** What TypeScript says of a program as if it lay in a folder of the checkout. */
function typeErrors(text: string): string[] {
  const path = join(checkoutFolder, "servers", "index.ts");
  const { config } = ts.readConfigFile(join(checkoutFolder, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, checkoutFolder);
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.readFile = (name) => (name === path ? text : readFile(name));
  host.fileExists = (name) => name === path || fileExists(name);
  return ts
    .getPreEmitDiagnostics(ts.createProgram([path], options, host))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readPasswordFile } from "../../passwordFile.ts";
import { createFreshClone, type FreshClone } from "../helpers/freshClone.ts";

const alice = "alice@domain.tld";
const stack = ["--stack", "test"];
let clone: FreshClone;

beforeAll(async () => {
  clone = await createFreshClone();
  await pulumi("stack", "init", "test");
});

afterAll(() => clone?.remove());

/** Runs the CLI, which must succeed. */
async function pulumi(...args: string[]): Promise<string> {
  const result = await clone.run("npm", "run", "--silent", "pulumi", "--", ...args);
  expect(result).toMatchObject({ code: 0 });
  return result.output;
}

/** Runs `npm run password`, which gets a password that nobody types on standard input. */
function password(...args: string[]): Promise<{ code: number; output: string }> {
  const script = 'echo "correct horse" | npm run --silent password -- "$@"';
  return clone.run("sh", "-c", script, "sh", ...args, ...stack);
}

async function read(name: string): Promise<string> {
  return (await pulumi("config", "get", name, ...stack)).trim();
}

test("sets a password in the stack's secret, and takes it out again", async () => {
  expect(await password(alice)).toMatchObject({ code: 0 });
  expect(JSON.parse(await read("mailhost:passwords"))).toEqual({ [alice]: expect.stringMatching(/^\{ARGON2ID\}/) });
  expect(readFileSync(join(clone.folder, "Pulumi.test.yaml"), "utf8")).not.toContain("ARGON2ID");

  expect(await password(alice, "--remove")).toMatchObject({ code: 0 });
  expect(await read("mailhost:passwords")).toBe("{}");
  const again = await password(alice, "--remove");
  expect(again).toMatchObject({ code: 1, output: expect.stringContaining(`has no password of ${alice}`) });
});

test("sets a password in the file that the stack names, and takes it out again", async () => {
  const file = join(clone.folder, "passwords.yaml");
  writeFileSync(file, "bob@domain.tld: v1:b\n");
  await pulumi("config", "set", "mailhost:passwordFile", "passwords.yaml", ...stack);
  expect(await password(alice)).toMatchObject({ code: 0 });
  const { hashes } = readPasswordFile(readFileSync(file, "utf8"), await read("mailhost:passwordKey"));
  expect(hashes).toEqual({ [alice]: expect.stringMatching(/^\{ARGON2ID\}/) });

  expect(await password(alice, "--remove")).toMatchObject({ code: 0 });
  expect(readFileSync(file, "utf8")).toBe("bob@domain.tld: v1:b\n");
});

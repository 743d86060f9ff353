import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { feed, program, type Script, sh } from "../../../../provider/connection/shell.ts";

const run = (script: Script) => execFileSync("sh", ["-s"], { input: program(script), encoding: "utf8" });

const hostile = ["it's", '"$(id)"', "`id`", "a b", "$HOME", "\\n", "*", "a\nb", "", "; exit 1", "END_OF_CONTENT"];

describe("a script that sh really runs", () => {
  test.each(hostile)("a word is one word, whatever it holds: %j", (word) => {
    expect(run(sh`printf '[%s]' ${word}`)).toBe(`[${word}]`);
  });

  test("a list is as many words", () => {
    expect(run(sh`printf '[%s]' ${hostile}`)).toBe(hostile.map((word) => `[${word}]`).join(""));
  });

  test.each([...hostile, "x".repeat(500_000), "ä\u0000\n"])("content arrives as it is", (content) => {
    expect(run(feed(content, sh`cat`))).toBe(content);
  });

  test("a command does not swallow the rest of the script", () => {
    expect(run(sh`cat; echo after`)).toBe("after\n");
  });
});

test("programs speak one language, whatever the host's", () => {
  const env = { PATH: process.env.PATH, LC_ALL: "de_DE.UTF-8", LANG: "de_DE.UTF-8" };
  const said = execFileSync("sh", ["-s"], { input: program(sh`sh -c 'echo $LC_ALL'`), encoding: "utf8", env });
  expect(said).toBe("C\n");
});

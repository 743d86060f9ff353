import { describe, expect, it } from "vitest";
import { buildKey } from "../../../tools/engine/goProgram.ts";

describe("the name of a build in the cache", () => {
  const key = buildKey(["module a", "sum a"], ["-tags=x"]);

  it("is the same for the same modules and flags", () => {
    expect(buildKey(["module a", "sum a"], ["-tags=x"])).toBe(key);
    expect(key).toMatch(/^[0-9a-f]{12}$/);
  });

  it.each([
    ["a module", ["module b", "sum a"], ["-tags=x"]],
    ["a checksum", ["module a", "sum b"], ["-tags=x"]],
    ["a flag", ["module a", "sum a"], ["-tags=y"]],
    ["the border between two files", ["module asum ", "a"], ["-tags=x"]],
  ])("changes with %s", (_, goFiles, flags) => {
    expect(buildKey(goFiles, flags)).not.toBe(key);
  });
});

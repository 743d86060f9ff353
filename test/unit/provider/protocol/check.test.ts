import { describe, expect, test } from "vitest";
import { z } from "zod";
import { checkInputs } from "../../../../provider/protocol/check.ts";
import { UNKNOWN } from "../../../../provider/protocol/values.ts";

const schema = z.strictObject({
  unit: z.string(),
  port: z.int().default(22),
  files: z.record(z.string().startsWith("/", "must be absolute"), z.string()).default({}),
});

describe("inputs", () => {
  test("defaults are filled in", () => {
    expect(checkInputs(schema, { unit: "a" })).toEqual({ inputs: { unit: "a", port: 22, files: {} }, failures: [] });
  });

  test("an unknown property is told with the nearest known one", () => {
    const { failures } = checkInputs(schema, { unit: "a", prot: 1 });
    expect(failures).toEqual([{ property: "prot", reason: "there is no such property; did you mean port?" }]);
  });

  test("one that is quite another word is told with all that there are", () => {
    const { failures } = checkInputs(schema, { unit: "a", hostname: 1 });
    expect(failures).toEqual([
      { property: "hostname", reason: "there is no such property; there are unit, port, files" },
    ]);
  });

  test("all mistakes are told together, with their paths and without values", () => {
    const { failures } = checkInputs(schema, { unit: 5, files: { etc: "hunter2" } });
    expect(failures).toEqual([
      { property: "unit", reason: expect.any(String) },
      { property: "files.etc", reason: "must be absolute" },
    ]);
    expect(JSON.stringify(failures)).not.toContain("hunter2");
  });

  test("what is not known yet passes, and the other defaults are filled in all the same", () => {
    expect(checkInputs(schema, { unit: UNKNOWN, files: UNKNOWN })).toEqual({
      inputs: { unit: UNKNOWN, files: UNKNOWN, port: 22 },
      failures: [],
    });
  });

  test("the check of meaning waits until everything is known", () => {
    const refuse = () => [{ property: "unit", reason: "no" }];
    expect(checkInputs(schema, { unit: UNKNOWN }, refuse).failures).toEqual([]);
    expect(checkInputs(schema, { unit: "a" }, refuse).failures).toHaveLength(1);
  });
});

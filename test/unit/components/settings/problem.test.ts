import { expect, test } from "vitest";
import { InvalidInputError, problem } from "../../../../components/settings/problem.ts";

test("an error has no frames, which cost the SDK seconds to inspect", () => {
  const error = new InvalidInputError([problem(["hostname"], "is missing")]);
  expect(error.stack).toContain("hostname: is missing");
  expect(error.stack).not.toMatch(/^ {4}at /m);
});

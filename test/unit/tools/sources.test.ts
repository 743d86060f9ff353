import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { checkoutFolder } from "../../../tools/launch/paths.mjs";
import { sourceChecks } from "../../../tools/sourceChecks.ts";

// Here, not in front of Vitest, so that a finding counts as a failed test and the other tests run all the same.
it.each(sourceChecks)("$title", { timeout: 120_000 }, async ({ args }) => {
  const findings = await promisify(execFile)(process.execPath, args, { cwd: checkoutFolder }).then(
    () => "",
    (error: { stdout?: string; stderr?: string; message: string }) =>
      `${error.stdout ?? ""}${error.stderr ?? ""}` || error.message,
  );
  expect(findings).toBe("");
});

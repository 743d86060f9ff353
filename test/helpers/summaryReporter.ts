import type { Reporter, TestModule } from "vitest/node";

/** Prints `N passed, N failed` as the very last line, which `.ci/run` ends with. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0;
    let failed = unhandledErrors.length;
    for (const module of modules) {
      const results = [...module.children.allTests()].map((test) => test.result().state);
      passed += results.filter((state) => state === "passed").length;
      failed += results.filter((state) => state === "failed").length;
      // A file that cannot be loaded, or a suite whose hook fails, has no failed test of its own.
      if (module.state() === "failed" && !results.includes("failed")) failed += 1;
    }
    process.once("exit", () => process.stdout.write(`${passed} passed, ${failed} failed\n`));
  }
}

import { expect, test } from "vitest";
import { postfixProcesses } from "../../../../../shared/daemons/postfix/processes.ts";
import { resolveParameters } from "../../../../../shared/model/postfixParameters.ts";

test.each([
  [{}, 100],
  [{ default_process_limit: 500 }, 500],
  [{ default_process_limit: "250" }, 250],
  [{ "submission/inet/default_process_limit": 500 }, 100],
  // Postfix refuses that itself.
  [{ default_process_limit: "many" }, 100],
])("with %j each service has up to %i processes", (parameters, processes) => {
  expect(postfixProcesses(resolveParameters(parameters))).toBe(processes);
});

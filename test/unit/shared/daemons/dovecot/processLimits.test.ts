import { expect, test } from "vitest";
import { computeProcessLimits } from "../../../../../shared/daemons/dovecot/processLimits.ts";

test.each([
  [1, 1024],
  [256, 1024],
  [257, 2048],
  [1000, 4096],
  [1024, 4096],
  [4096, 16_384],
  [10_000, 16_384],
])("for %i mailboxes %i sessions may be open", (mailboxes, sessions) => {
  expect(computeProcessLimits(mailboxes)).toEqual({
    sessions,
    loginProcesses: 4,
    sharedServiceClients: sessions + 1000,
  });
});

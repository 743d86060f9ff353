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
  expect(computeProcessLimits({ mailboxes, userSessions: 100, postfixProcesses: 100 })).toEqual({
    sessions,
    loginProcesses: 4,
    deliveries: 200,
    quotaQuestions: 300,
    sharedServiceClients: sessions + 1000,
  });
});

test("they grow with the processes of Postfix", () => {
  expect(computeProcessLimits({ mailboxes: 1, userSessions: 100, postfixProcesses: 500 })).toMatchObject({
    deliveries: 1000,
    quotaQuestions: 1500,
    sharedServiceClients: 1024 + 1000 + 1500 + 1000 + 300,
  });
});

test("they leave room for the sessions of one user", () => {
  const { sessions } = computeProcessLimits({ mailboxes: 1, userSessions: 5000, postfixProcesses: 100 });
  expect(sessions).toBeGreaterThanOrEqual(5000);
});

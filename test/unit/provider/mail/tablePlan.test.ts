import { describe, expect, test } from "vitest";
import { planTables } from "../../../../provider/mail/tablePlan.ts";
import type { TableTexts } from "../../../../shared/tables.ts";

/** Tables beside a catch-all, of whom some are disabled. */
function tables({ enabled, disabled }: { enabled: string[]; disabled: string[] }): TableTexts {
  const text = (users: string[], value: string) => users.map((user) => `${user}@d.tld ${value}\n`).join("");
  return {
    mailboxes: text(enabled, "x"),
    aliases: "@d.tld a@d.tld\n",
    forwardedRecipients: "",
    refusedRecipients: text(disabled, "550 5.1.1 User unknown"),
    senders: text(enabled, "x"),
    transports: text(disabled, "error:5.1.1 User unknown"),
  };
}

const names = (steps: [string, string][]) => steps.map(([name]) => name);

describe("tables around a change of users", () => {
  test("who is disabled is refused before his mailbox is closed", () => {
    const steps = planTables(
      tables({ enabled: ["a", "b"], disabled: [] }),
      tables({ enabled: ["a"], disabled: ["b"] }),
    );
    expect(names(steps)).toEqual(["refusedRecipients", "mailboxes", "senders", "transports"]);
  });

  test("the mailbox of who is enabled is open before he is no longer refused", () => {
    const steps = planTables(
      tables({ enabled: ["a"], disabled: ["b"] }),
      tables({ enabled: ["a", "b"], disabled: [] }),
    );
    expect(names(steps)).toEqual(["transports", "mailboxes", "senders", "refusedRecipients"]);
  });

  test("both at once: in between both are refused, and no mailbox is closed", () => {
    const wanted = tables({ enabled: ["b"], disabled: ["a"] });
    const steps = planTables(tables({ enabled: ["a"], disabled: ["b"] }), wanted);
    expect(steps).toEqual([
      ["transports", ""],
      ["refusedRecipients", "a@d.tld 550 5.1.1 User unknown\nb@d.tld 550 5.1.1 User unknown\n"],
      ["mailboxes", wanted.mailboxes],
      ["senders", wanted.senders],
      ["refusedRecipients", wanted.refusedRecipients],
      ["transports", wanted.transports],
    ]);
  });

  test("on a new host each table is written, the empty ones too", () => {
    const wanted = tables({ enabled: ["a"], disabled: [] });
    expect(new Map(planTables({}, wanted))).toEqual(new Map(Object.entries(wanted)));
  });

  test("what is there already is not written", () => {
    const there = tables({ enabled: ["a"], disabled: ["b"] });
    expect(planTables(there, there)).toEqual([]);
  });
});

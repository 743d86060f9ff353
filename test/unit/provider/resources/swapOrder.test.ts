import { expect, test } from "vitest";
import { bySwapOrder } from "../../../../provider/resources/swapOrder.ts";

test("certificates come first, main.cf last, after master.cf", () => {
  const files = [
    "/etc/postfix/main.cf",
    "/etc/postfix/master.cf",
    "/etc/aliases",
    "/etc/rsyslog.d/10-dovecot.conf",
    "/etc/dovecot/dovecot.conf",
    "/etc/ssl/private/mailhost.pem",
  ];
  expect(files.toSorted(bySwapOrder)).toEqual([
    "/etc/ssl/private/mailhost.pem",
    "/etc/dovecot/dovecot.conf",
    "/etc/aliases",
    "/etc/rsyslog.d/10-dovecot.conf",
    "/etc/postfix/master.cf",
    "/etc/postfix/main.cf",
  ]);
});

import type { DovecotDialect } from "./dovecotDialect.ts";

/** Of Debian 12, which cannot be deployed yet. */
export const dovecot23: DovecotDialect = {
  templates: "2.3",
  ownSettings: notYet,
  userFields: notYet,
  renderSettings: notYet,
  certificateSetting: "ssl_cert",
};

function notYet(): never {
  throw new Error("Dovecot 2.3 has no templates yet");
}

import { renderDovecotConf } from "../../shared/daemons/dovecot/dovecotConf.ts";
import { renderMainCf } from "../../shared/daemons/postfix/mainCf.ts";
import { renderMasterCf } from "../../shared/daemons/postfix/masterCf.ts";
import { resolveMailHost } from "../resolve/resolveMailHost.ts";
import type { Problem } from "../settings/problem.ts";
import { type ReadableSettings, settingsSchema } from "../settings/schema.ts";
import { validateDovecotSettings } from "./validateDovecotSettings.ts";
import { validatePostfixParameters } from "./validatePostfixParameters.ts";

/** Settings of the daemons' own, held against the files that we write without them. */
export function validateExtraSettings(given: ReadableSettings): Problem[] {
  const { parameters = {} } = given.postfix ?? {};
  const { settings = {} } = given.dovecot ?? {};
  if (Object.keys({ ...parameters, ...settings }).length === 0) return [];
  const host = resolveMailHost(withoutExtras(given));
  return [
    ...validatePostfixParameters(parameters, { mainCf: renderMainCf(host), masterCf: renderMasterCf(host) }),
    ...validateDovecotSettings(settings, renderDovecotConf(host)),
  ];
}

/** What can be read, completed: a mistake elsewhere must not hide one here. */
function withoutExtras({ postfix, dovecot, logging }: ReadableSettings) {
  const any = settingsSchema.parse({
    hostname: "mail.domain.tld",
    mail: { postmaster: "alice@domain.tld" },
    domains: { "domain.tld": {} },
  });
  return {
    ...any,
    postfix: { ...(postfix ?? any.postfix), parameters: {} },
    dovecot: { ...(dovecot ?? any.dovecot), settings: {} },
    logging: logging ?? any.logging,
  };
}

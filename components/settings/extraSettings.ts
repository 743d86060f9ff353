import * as z from "zod";
import type { DovecotSettings, ExtraValue } from "../../shared/model/extraValue.ts";
import type { Path } from "./problem.ts";
import { isRecord, text } from "./shape.ts";

/*
 * The shapes of settings that go to a daemon under its own names. What a name means, the daemon alone knows; here is
 * what would break the file that it is written into.
 */

const parameterName = /^(?:[\w.:[\]-]+\/(?:inet|unix|unix-dgram|fifo|pass)\/)?[A-Za-z0-9][\w.-]*$/;
const parameterNameAllowed =
  'a parameter of main.cf, such as "maximal_queue_lifetime", or SERVICE/TYPE/NAME for one service of master.cf, such as "submission/inet/smtpd_timeout"';
const valueAllowed = "a text of one line without blanks around it, a number, or true or false";

/** A value that is one line, and the same after the daemon has read it. */
function isExtraValue(value: unknown): value is ExtraValue {
  if (typeof value === "string") return !/\p{Cc}/u.test(value) && value.trim() === value;
  return Number.isFinite(value) || typeof value === "boolean";
}

/** An option of master.cf whose value has blanks stands in braces, which end where the braces in it are even. */
function hasEvenBraces(value: ExtraValue): boolean {
  let depth = 0;
  for (const character of String(value)) {
    if (character === "{") depth++;
    if (character === "}" && --depth < 0) return false;
  }
  return depth === 0;
}

export const postfixParameters = z
  .record(text(parameterName, parameterNameAllowed), z.custom<ExtraValue>(isExtraValue, { error: valueAllowed }), {
    error: "a mapping of Postfix's parameters to their values",
  })
  .superRefine((parameters, context) => {
    for (const [name, value] of Object.entries(parameters)) {
      if (!name.includes("/") || hasEvenBraces(value)) continue;
      context.addIssue({
        code: "custom",
        path: [name],
        message: "a text whose braces are even, as master.cf needs it",
        input: value,
      });
    }
  });

const settingName = /^[A-Za-z_][\w:.+-]*$/;
const sectionName = /^[a-z][a-z0-9_]*(?: [^\p{Cc}"\\]*[^\p{Cc}"\\ ])?$/u;

export const dovecotSettings = z
  .record(z.string({ error: 'settings, or sections such as "protocol imap"' }), z.custom<DovecotSettings[string]>(), {
    error: "a mapping of Dovecot's settings to their values",
  })
  .superRefine((settings, context) => {
    for (const { path, allowed, value } of wrongSettings(settings, [])) {
      context.addIssue({ code: "custom", path: [...path], message: allowed, input: value });
    }
  });

interface WrongSetting {
  readonly path: Path;
  readonly allowed: string;
  readonly value: unknown;
}

function wrongSettings(settings: Readonly<Record<string, unknown>>, parent: Path): WrongSetting[] {
  return Object.entries(settings).flatMap(([name, value]) => {
    const path = [...parent, name];
    if (isRecord(value)) {
      if (sectionName.test(name)) return wrongSettings(value, path);
      return [{ path, allowed: 'a section of Dovecot, named like "protocol imap" or "mail_plugins"', value }];
    }
    if (!isExtraValue(value)) return [{ path, allowed: `${valueAllowed}; or a mapping, for a section`, value }];
    if (settingName.test(name)) return [];
    return [
      { path, allowed: "a mapping where the name is that of a section, or else have a name without blanks", value },
    ];
  });
}

import { type DovecotSettings, valueText } from "../../model/extraValue.ts";

/*
 * Settings in the syntax of Dovecot 2.4, see https://doc.dovecot.org/2.4.1/core/settings/syntax.html
 */

/** The lines of these settings. */
export function renderSettings(settings: DovecotSettings): string[] {
  return Object.entries(settings).flatMap(([name, value]) =>
    typeof value === "object"
      ? [`${renderSectionName(name)} {`, ...renderSettings(value).map((line) => `  ${line}`), "}"]
      : [`${name} =${renderValue(valueText(value))}`],
  );
}

/** The name of a section, in quotes where it needs them. */
export function renderSectionName(name: string): string {
  const [, kind, title] = /^(\w+) (.*)$/.exec(name) ?? [];
  return title === undefined || isPlain(title) ? name : `${kind} ${quote(title)}`;
}

function renderValue(value: string): string {
  if (value === "") return "";
  return ` ${isPlain(value) ? value : quote(value)}`;
}

function isPlain(value: string): boolean {
  return /^[\w.,:/@*+-]+$/.test(value);
}

function quote(value: string): string {
  return `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

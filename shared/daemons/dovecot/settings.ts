import { type DovecotSettings, type ExtraValue, valueText } from "../../model/extraValue.ts";

/*
 * Settings in the syntax of Dovecot, see https://doc.dovecot.org/2.4.1/core/settings/syntax.html
 */

/** The lines of these settings. */
export function renderSettings(settings: DovecotSettings): string[] {
  return Object.entries(settings).flatMap(([name, value]) =>
    typeof value === "object" ? renderSection(name, renderSettings(value)) : [renderSetting(name, value)],
  );
}

/** A section with these lines in it. */
export function renderSection(name: string, lines: readonly string[]): string[] {
  return [`${renderSectionName(name)} {`, ...lines.map((line) => `  ${line}`), "}"];
}

/** The name of a section, in quotes where it needs them. */
export function renderSectionName(name: string): string {
  const [, kind, title] = /^(\w+) (.*)$/.exec(name) ?? [];
  return title === undefined || isPlain(title) ? name : `${kind} ${quote(title)}`;
}

/** The line of a setting. */
export function renderSetting(name: string, value: ExtraValue): string {
  const text = valueText(value);
  if (text === "") return `${name} =`;
  return `${name} = ${isPlain(text) ? text : quote(text)}`;
}

function isPlain(value: string): boolean {
  return /^[\w.,:/@*+-]+$/.test(value);
}

function quote(value: string): string {
  return `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

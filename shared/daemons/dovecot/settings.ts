import { type DovecotSettings, valueText } from "../../model/extraValue.ts";

/*
 * Settings in the syntax of Dovecot 2.4, see https://doc.dovecot.org/2.4.1/core/settings/syntax.html
 */

/** What a text of settings says, or a section of it. */
export interface SettingsBlock {
  readonly settings: ReadonlySet<string>;
  /** By name, such as `protocol imap`. */
  readonly sections: ReadonlyMap<string, SettingsBlock>;
}

/** The lines of these settings. */
export function renderSettings(settings: DovecotSettings): string[] {
  return Object.entries(settings).flatMap(([name, value]) =>
    typeof value === "object"
      ? [`${renderSectionName(name)} {`, ...renderSettings(value).map((line) => `  ${line}`), "}"]
      : [`${name} =${renderValue(valueText(value))}`],
  );
}

/** Which settings there are in a text of ours, which has each name and each brace at an end of a line of its own. */
export function readSettings(text: string): SettingsBlock {
  return readBlock(
    text
      .split("\n")
      .map((line) => line.trim())
      [Symbol.iterator](),
  );
}

function readBlock(lines: Iterator<string>): SettingsBlock {
  const settings = new Set<string>();
  const sections = new Map<string, SettingsBlock>();
  for (let { value, done } = lines.next(); !done && value !== "}"; { value, done } = lines.next()) {
    const line: string = value;
    const section = /^([^#]*) \{$/.exec(line)?.[1];
    const setting = /^(\w+) =/.exec(line)?.[1];
    if (section !== undefined) sections.set(section.replaceAll('"', ""), readBlock(lines));
    else if (setting !== undefined) settings.add(setting);
  }
  return { settings, sections };
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

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkoutFolder } from "../launch/paths.mjs";
import type { SettingReference } from "./settings.ts";
import { slug } from "./slug.ts";

export const pageFile = join(checkoutFolder, "docs", "configuration.md");

/** What stands above it in the page is written by hand. */
const marker = "<!-- From here on this page is made by `npm run docs`, from the doc comments and the schema. -->";

/** The page as it should be: what is written by hand in it, then all settings. */
export function renderPage(settings: readonly SettingReference[]): string {
  const [written = ""] = readFileSync(pageFile, "utf8").split(marker);
  const origins = new Map(settings.toReversed().map(({ origin, path }) => [origin, path]));
  const top = settings.filter(({ path }) => !path.includes("."));
  return [
    `${written.trim()}\n\n${marker}`,
    "## Keys",
    top.map(({ path }) => `- ${link(path)}`).join("\n"),
    ...settings.map((setting) => withLinks(renderSetting(setting), origins)),
  ]
    .join("\n\n")
    .concat("\n");
}

function renderSetting(setting: SettingReference): string {
  const level = setting.path.includes(".") ? "###" : "##";
  const facts = [
    `Type: ${[setting.type, describeNeed(setting)].filter((text) => text !== undefined).join(", ")}`,
    fact("Default", describeDefault(setting)),
    fact("Allowed", setting.allowed === undefined ? undefined : escapeMarks(setting.allowed)),
    ...setting.examples.map((example) => fact("Example", `\`${example}\``)),
  ].filter((line) => line !== undefined);
  return [
    `${level} ${title(setting.path)}`,
    setting.description.trim(),
    facts.map((line) => `- ${line}`).join("\n"),
  ].join("\n\n");
}

function fact(name: string, text: string | undefined): string | undefined {
  return text === undefined ? undefined : `${name}: ${text}`;
}

/** Whether it must be given, and when it may. */
function describeNeed({ required, onlyWith }: SettingReference): string | undefined {
  if (onlyWith === undefined) return required ? "required" : undefined;
  return `only with \`${onlyWith}\`${required ? ", and required there" : ""}`;
}

/** The value, what it means, or both. */
function describeDefault({ defaultValue, documentedDefault }: SettingReference): string | undefined {
  const value = defaultValue === undefined ? undefined : `\`${JSON.stringify(defaultValue)}\``;
  const meaning = documentedDefault?.startsWith("- ") ? documentedDefault.slice(2) : undefined;
  if (value === undefined) return meaning;
  return meaning === undefined ? value : `${value} (${meaning})`;
}

function title(path: string): string {
  return path.includes(".") ? `\`${path}\`` : `\`mailhost:${path}\``;
}

function link(path: string): string {
  return `[${title(path)}](#${slug(title(path))})`;
}

/** `{@link MailArgs.quota}` names a property of the program's interface: here, the key. */
function withLinks(text: string, origins: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\{@link ([\w.]+)\}/g, (_, origin: string) => {
    const path = origins.get(origin);
    return path === undefined ? `\`${origin}\`` : link(path);
  });
}

/** What would make a text italic. */
function escapeMarks(text: string): string {
  return text.replaceAll(/[*_<]/g, (mark) => `\\${mark}`);
}

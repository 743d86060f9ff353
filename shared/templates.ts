import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Liquid, Template } from "liquidjs";

/*
 * The only reader of files/.
 */
const folder = new URL("../files/", import.meta.url);
const parsed = new Map<string, Template[]>();

/**
 * Renders the whole file `path` below `files/`, such as `postfix/etc/postfix/main.cf`.
 *
 * @throws Error when the template names a value that `values` lacks
 */
export function renderTemplate(path: string, values: object): string {
  const rendered: unknown = engine().renderSync(template(path), values);
  return String(rendered);
}

let made: Liquid | undefined;

/**
 * An undefined name in a template is an error, and nothing is escaped: the values come from a validated model.
 *
 * Loaded at the first template: the provider knows the daemons but renders nothing.
 */
function engine(): Liquid {
  const { Liquid }: typeof import("liquidjs") = createRequire(import.meta.url)("liquidjs");
  made ??= new Liquid({ strictVariables: true, strictFilters: true, ownPropertyOnly: true });
  return made;
}

function template(path: string): Template[] {
  const known = parsed.get(path);
  if (known !== undefined) return known;
  const read = engine().parse(readFileSync(new URL(path, folder), "utf8"), path);
  parsed.set(path, read);
  return read;
}

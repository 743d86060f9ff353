import { keysOfSettings } from "../../shared/daemons/dovecot/origins.ts";
import type { DovecotSettings } from "../../shared/model/extraValue.ts";
import type { DovecotDialect, SettingsBlock } from "../../shared/releases/dovecotDialect.ts";
import { type Path, type Problem, problem } from "../settings/problem.ts";
import { show } from "../settings/shape.ts";

/** Sections that decide on users and their quotas: one more of them changes what ours mean. */
const closedKinds = ["passdb", "userdb", "quota"];

/** We compute them from the number of mailboxes, which is not all that one may know of a host. */
const limits = ["process_limit", "client_limit", "process_min_avail"];

/** Where a setting is given: the names of the sections, and what our file says that would be changed there. */
interface Place {
  readonly sections: readonly string[];
  readonly ours: readonly SettingsBlock[];
}

const key: Path = ["dovecot", "settings"];

/**
 * Whether each setting may be given beside our dovecot.conf: see `DovecotArgs.settings` for the rules.
 *
 * @param root What that file sets itself, in the form of 2.4
 * @param dialect How the host's Dovecot is told of them
 */
export function validateDovecotSettings(
  settings: DovecotSettings,
  root: SettingsBlock,
  dialect: DovecotDialect,
): Problem[] {
  const validate = (settings: DovecotSettings, place: Place): Problem[] =>
    Object.entries(settings).flatMap(([name, value]) => {
      const path = [...key, ...place.sections, name];
      if (typeof value !== "object") return isOurs(name, place) ? [refused(path, value)] : [];
      if (isClosed(name, place)) return [refusedSection(path)];
      return validate(value, enter(name, place, root));
    });

  const problems = validate(settings, { sections: [], ours: [root] });
  const missing = dialect.missingSettings(settings).map(({ path, reason }) => problem([...key, ...path], reason));
  const isTold = ({ propertyPath: path }: Problem) =>
    problems.some(({ propertyPath: told }) => path === told || path.startsWith(`${told}[`));
  return [...problems, ...missing.filter((problem) => !isTold(problem))];
}

function enter(name: string, { sections, ours }: Place, root: SettingsBlock): Place {
  const same = ours.flatMap((block) => block.sections.get(name) ?? []);
  // All settings are global to Dovecot 2.4; these sections narrow down where another value counts.
  const isFilter =
    /^(?:protocol|local|local_name|remote) |^\w+$/.test(name) || (kindOf(name) === "namespace" && same.length > 0);
  return { sections: [...sections, name], ours: isFilter ? [...same, root] : same };
}

function isOurs(name: string, { sections, ours }: Place): boolean {
  const kind = kindOf(sections.at(-1) ?? "");
  if (kind === "service" && limits.includes(name)) return false;
  // Within a section a name may be written with that of the section before it, or without.
  const spellings = [name, `${kind}_${name}`, name.startsWith(`${kind}_`) ? name.slice(kind.length + 1) : name];
  return ours.some(({ settings, sections }) => spellings.some((name) => settings.has(name) || sections.has(name)));
}

function isClosed(name: string, { ours }: Place): boolean {
  const kind = kindOf(name);
  if (closedKinds.includes(kind)) return true;
  return kind.endsWith("_listener") && ours.some(({ sections }) => sections.has(name));
}

/** `protocol` of `protocol imap`. */
function kindOf(section: string): string {
  return section.replace(/ .*/, "");
}

function refused(path: Path, value: unknown): Problem {
  const other = keysOfSettings[String(path.at(-1))];
  const repair = other === undefined ? "take it out" : `set ${other} instead`;
  return problem(path, `must not be given (${show(value)}), because mailhost writes it itself; ${repair}`);
}

function refusedSection(path: Path): Problem {
  return problem(path, "must not be given, because this section is mailhost's own; take it out");
}

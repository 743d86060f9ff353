import { join } from "node:path";
import * as z from "zod";
import { settingsSchema } from "../../components/settings/schema.ts";
import { targetSchema } from "../../components/settings/target.ts";
import { configurationKeys } from "../../config/keys.ts";
import { checkoutFolder } from "../launch/paths.mjs";
import { type DocumentedInterface, type DocumentedMember, readInterfaces } from "./docComments.ts";

/** One key of the stack configuration: what the doc comments tell of it, and what the schema makes of it. */
export interface SettingReference {
  /** As in `domains.<domain>.quota`. */
  readonly path: string;
  /** `Interface.member` of its doc comment, as `{@link}` names it. */
  readonly origin: string;
  readonly description: string;
  readonly type: string;
  readonly required: boolean;
  /** The value of another key without which this one is refused. */
  readonly onlyWith: string | undefined;
  /** The value that stands in for a missing one. */
  readonly defaultValue: unknown;
  /** The text behind `@default`. */
  readonly documentedDefault: string | undefined;
  readonly allowed: string | undefined;
  readonly examples: readonly string[];
}

/** All keys, and in what the schema and the doc comments differ. */
export interface SettingsReference {
  readonly settings: readonly SettingReference[];
  readonly problems: readonly string[];
}

/** What a program gives in another way than a stack configuration: the second has a secret key of its own for it, or none. */
const ofProgramsAlone = [
  "targetConfigKey",
  "target.privateKey",
  "tls.privateKey",
  "tls.environment",
  "dkim.privateKeys",
];

/** What stands for the names in a mapping of names. */
const placeholders: Readonly<Record<string, string>> = { domains: "domain", packages: "package" };

export function readSettings(): SettingsReference {
  const files = ["resources/provider.ts", "components/mailHostArgs.ts", "config/keys.ts"];
  return new SettingsReader(readInterfaces(files.map((file) => join(checkoutFolder, file)))).read();
}

/** The doc comment of a key. */
interface FoundMember {
  readonly origin: string;
  readonly member: DocumentedMember;
  readonly onlyWith: string | undefined;
}

class SettingsReader {
  readonly #interfaces: ReadonlyMap<string, DocumentedInterface>;
  /** Where in the configuration an interface tells of the keys. */
  readonly #places = new Map<string, string>();
  readonly #settings: SettingReference[] = [];
  readonly #problems: string[] = [];

  constructor(interfaces: ReadonlyMap<string, DocumentedInterface>) {
    this.#interfaces = interfaces;
  }

  read(): SettingsReference {
    const schemas: Readonly<Record<string, z.core.$ZodType>> = { ...settingsSchema.shape, target: targetSchema };
    const unlisted = Object.keys(schemas).filter((key) => !configurationKeys.some((known) => known === key));
    this.#problems.push(...unlisted.map((key) => `${key}: is in the schema, but not in configurationKeys`));
    for (const key of configurationKeys) this.#readSetting(schemas[key], key, key, ["MailHostArgs"]);
    this.#findMembersWithoutSchema("MailHostArgs", configurationKeys, "");
    return { settings: this.#settings, problems: this.#problems };
  }

  #readSetting(schema: z.core.$ZodType | undefined, key: string, path: string, owners: readonly string[]): void {
    const found = this.#findMember(key, path, owners);
    if (found === undefined) {
      this.#problems.push(`${path}: is a key, but no doc comment tells of it`);
      return;
    }
    const { origin, member, onlyWith } = found;
    const { inner, required, defaultValue } = unwrap(schema);
    if (defaultValue !== undefined && !isSameDefault(defaultValue, member.default)) {
      this.#problems.push(
        `${path}: its @default is ${member.default}, but the schema has ${JSON.stringify(defaultValue)}`,
      );
    }
    this.#settings.push({
      path,
      origin,
      description: member.description,
      type: inner === undefined ? "text" : typeOf(inner),
      required: (required || (onlyWith !== undefined && !member.optional)) && member.default === undefined,
      onlyWith,
      defaultValue,
      documentedDefault: member.default,
      allowed: inner === undefined ? undefined : allowedOf(inner),
      examples: member.examples,
    });
    if (inner !== undefined) this.#readChildren(inner, path, this.#interfacesIn(member.type));
  }

  #readChildren(schema: z.core.$ZodType, path: string, owners: readonly string[]): void {
    const { inner } = unwrap(schema);
    if (inner instanceof z.ZodUnion) for (const option of inner.options) this.#readChildren(option, path, owners);
    if (inner instanceof z.ZodArray) this.#readChildren(inner.element, `${path}[]`, owners);
    if (inner instanceof z.ZodRecord)
      this.#readChildren(inner.valueType, `${path}.<${placeholders[path] ?? "name"}>`, owners);
    if (!(inner instanceof z.ZodObject)) return;
    const keys = Object.keys(inner.shape);
    for (const owner of owners) {
      this.#places.set(owner, path);
      this.#findMembersWithoutSchema(owner, keys, path);
    }
    for (const key of keys) {
      const child = `${path}.${key}`;
      if (!ofProgramsAlone.includes(child)) this.#readSetting(inner.shape[key], key, child, owners);
    }
  }

  /** The doc comment of a key, together with what the stack configuration adds to it. */
  #findMember(key: string, path: string, owners: readonly string[]) {
    const own = this.#ownMember(key, owners);
    const form = this.#ownMember(path, ["ConfigurationForms"]);
    if (form === undefined || own === undefined) return form === undefined ? own : this.#referenced(form);
    const { description, examples } = form.member;
    return {
      ...own,
      member: {
        ...own.member,
        description: `${own.member.description}\n\n${description}`,
        default: form.member.default ?? own.member.default,
        examples: examples.length > 0 ? examples : own.member.examples,
      },
    };
  }

  #ownMember(key: string, owners: readonly string[]): FoundMember | undefined {
    const found = owners.flatMap((owner) => {
      const { description = "", members } = this.#interfaces.get(owner) ?? {};
      const member = members?.get(key);
      if (member === undefined) return [];
      // A word that only chooses among interfaces, such as `source: "pem"`, has their descriptions.
      const isChoice = member.description === "" && isWord(member.type);
      return [{ owner, member: isChoice ? { ...member, description: `\`${member.type}\`: ${description}` } : member }];
    });
    const [first] = found;
    if (first === undefined) return undefined;
    const descriptions = new Set(found.map(({ member }) => member.description));
    const types = new Set(found.map(({ member }) => member.type));
    const others = owners.filter((owner) => found.every((one) => one.owner !== owner));
    const onlyWith = others.length === 0 ? undefined : this.#choiceOf(first.owner);
    return {
      origin: `${first.owner}.${key}`,
      onlyWith,
      member: { ...first.member, description: [...descriptions].join("\n\n"), type: [...types].join(" | ") },
    };
  }

  /** `PemTlsArgs["privateKey"]` has the doc comment of that property. */
  #referenced(found: FoundMember): FoundMember {
    const [, owner, key] = /^(\w+)\["(\w+)"\]$/.exec(found.member.type) ?? [];
    if (owner === undefined || key === undefined) return found;
    const referenced = this.#ownMember(key, [owner]);
    if (referenced === undefined) return found;
    return { ...referenced, onlyWith: this.#choiceOf(owner) };
  }

  /** The word that chooses an interface, with its key: `tls.source: "pem"`. */
  #choiceOf(owner: string): string | undefined {
    const members = [...(this.#interfaces.get(owner)?.members ?? [])];
    const [name, member] = members.find(([, { type }]) => isWord(type)) ?? [];
    return member && `${this.#places.get(owner)}.${name}: ${member.type}`;
  }

  #interfacesIn(type: string): readonly string[] {
    return [...new Set(type.match(/\w+/g) ?? [])].filter((name) => this.#interfaces.has(name));
  }

  #findMembersWithoutSchema(owner: string, keys: readonly string[], path: string): void {
    const names = [...(this.#interfaces.get(owner)?.members.keys() ?? [])];
    this.#problems.push(
      ...names
        .map((name) => ({ name, child: path === "" ? name : `${path}.${name}` }))
        .filter(({ name, child }) => !keys.includes(name) && !ofProgramsAlone.includes(child))
        .map(({ name, child }) => `${child}: ${owner} has ${name}, but the schema does not`),
    );
  }
}

/** Whether a type is one word alone, such as `"pem"`. */
function isWord(type: string): boolean {
  return /^"[^"]*"$/.test(type);
}

/** Whether a doc comment tells of a default in words, or the same as the schema. */
function isSameDefault(value: unknown, documented: string | undefined): boolean {
  if (documented === undefined) return false;
  const asCode = JSON.stringify(value).replaceAll(",", ", ");
  return documented.startsWith("- ") || documented === JSON.stringify(value) || documented === asCode;
}

/** A schema without what is around it: defaults, whether it may be missing, what is done before. */
function unwrap(schema: z.core.$ZodType | undefined): {
  inner: z.core.$ZodType | undefined;
  required: boolean;
  defaultValue: unknown;
} {
  if (schema instanceof z.ZodDefault)
    return { ...unwrap(schema.def.innerType), required: false, defaultValue: schema.def.defaultValue };
  if (schema instanceof z.ZodExactOptional || schema instanceof z.ZodOptional)
    return { ...unwrap(schema.def.innerType), required: false };
  // What is done before is to take nothing for an empty mapping.
  if (schema instanceof z.ZodPipe) return { ...unwrap(schema.def.out), required: false };
  return { inner: schema, required: schema !== undefined, defaultValue: undefined };
}

function typeOf(schema: z.core.$ZodType): string {
  const { inner } = unwrap(schema);
  if (inner instanceof z.ZodUnion) return [...new Set(inner.options.map(typeOf))].join(" or ");
  if (inner instanceof z.ZodArray) return "list";
  if (inner instanceof z.ZodObject || inner instanceof z.ZodRecord) return "mapping";
  if (inner instanceof z.ZodBoolean) return "true or false";
  if (inner instanceof z.ZodNumber) return "number";
  return "text";
}

/** What the schema says that it takes, where that is more than its type. */
function allowedOf(schema: z.core.$ZodType): string | undefined {
  const { inner } = unwrap(schema);
  if (inner instanceof z.ZodObject || inner instanceof z.ZodBoolean) return undefined;
  if (inner instanceof z.ZodArray && !(inner.element instanceof z.ZodObject))
    return joinTexts(complaint(inner), "each", complaint(inner.element));
  if (inner instanceof z.ZodRecord && inner.keyType instanceof z.ZodString)
    return joinTexts(complaint(inner), "names", complaint(inner.keyType));
  return complaint(schema);
}

function joinTexts(whole: string | undefined, noun: string, part: string | undefined): string | undefined {
  return part === undefined ? whole : `${whole ?? ""}; ${noun}: ${part}`;
}

/** The schemas say what is allowed when they are given something else. */
function complaint(schema: z.core.$ZodType): string | undefined {
  return z.safeParse(unwrap(schema).inner ?? schema, Symbol("nothing that is allowed")).error?.issues[0]?.message;
}

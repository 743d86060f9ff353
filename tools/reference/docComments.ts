import { readFileSync } from "node:fs";
import ts from "typescript";

/** A property of an interface, as its doc comment tells of it. */
export interface DocumentedMember {
  /** The type as it is written. */
  readonly type: string;
  readonly optional: boolean;
  readonly description: string;
  /** The text behind `@default`. */
  readonly default: string | undefined;
  /** The texts behind `@example`. */
  readonly examples: readonly string[];
}

export interface DocumentedInterface {
  readonly name: string;
  readonly description: string;
  /** Its own properties and those of the interfaces that it extends. */
  readonly members: ReadonlyMap<string, DocumentedMember>;
}

/** The interfaces of TypeScript files by their names. One that extends another must come after it or name it in the same file. */
export function readInterfaces(files: readonly string[]): ReadonlyMap<string, DocumentedInterface> {
  const found = files
    .map((file) => ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true))
    .flatMap((source) => source.statements.filter(ts.isInterfaceDeclaration));
  const byName = new Map(found.map((declaration) => [declaration.name.text, declaration]));
  return new Map(found.map((declaration) => [declaration.name.text, readInterface(declaration, byName)]));
}

function readInterface(
  declaration: ts.InterfaceDeclaration,
  byName: ReadonlyMap<string, ts.InterfaceDeclaration>,
): DocumentedInterface {
  const bases = (declaration.heritageClauses ?? [])
    .flatMap((clause) => clause.types.map((type) => byName.get(type.expression.getText())))
    .filter((base) => base !== undefined);
  const own = declaration.members
    .filter(ts.isPropertySignature)
    .map((member): [string, DocumentedMember] => [nameOf(member), readMember(member)]);
  return {
    name: declaration.name.text,
    description: readDocComment(declaration).description,
    members: new Map([...bases.flatMap((base) => [...readInterface(base, byName).members]), ...own]),
  };
}

function nameOf({ name }: ts.PropertySignature): string {
  return ts.isIdentifier(name) || ts.isStringLiteral(name) ? name.text : name.getText();
}

function readMember(member: ts.PropertySignature): DocumentedMember {
  const { description, tags } = readDocComment(member);
  const texts = (name: string) => tags.filter((tag) => tag.name === name).map((tag) => tag.text);
  const type = member.type?.getText() ?? "unknown";
  const optional = member.questionToken !== undefined;
  return { type, optional, description, default: texts("default")[0], examples: texts("example") };
}

function readDocComment(node: ts.Node): { description: string; tags: readonly { name: string; text: string }[] } {
  const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return {
    description: comments.map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? "").join("\n\n"),
    tags: comments
      .flatMap(({ tags }) => [...(tags ?? [])])
      .map((tag) => ({ name: tag.tagName.text, text: ts.getTextOfJSDocComment(tag.comment)?.trim() ?? "" })),
  };
}

/** One word for sh(1), whatever it holds. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Marks text that is shell already and must not be quoted again. */
export class Script {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Word = string | number | Script | readonly string[];

/**
 * A piece of shell script in which every substitution is quoted: a string is one word, an array several, and a
 * {@link Script} goes in as it is.
 */
export function sh(parts: TemplateStringsArray, ...words: Word[]): Script {
  return new Script(parts.reduce((text, part, index) => `${text}${substitute(words[index - 1])}${part}`));
}

function substitute(word: Word | undefined): string {
  if (word instanceof Script) return word.text;
  if (Array.isArray(word)) return word.map(quote).join(" ");
  return quote(String(word ?? ""));
}

/** Several scripts, one after the other. */
export function lines(scripts: readonly Script[]): Script {
  return new Script(scripts.map(({ text }) => text).join("\n"));
}

/**
 * A command that feeds `content`, which may be secret or binary, into `command`: a here-document, unlike an argument, is
 * never shown in the list of processes.
 */
export function feed(content: string, command: Script): Script {
  const encoded = Buffer.from(content)
    .toString("base64")
    .replace(/.{1,76}/g, "$&\n");
  return sh`base64 -d <<'END_OF_CONTENT' | ${command}
${new Script(encoded)}END_OF_CONTENT`;
}

/**
 * Wraps a script so that it is read whole before it runs, its commands do not swallow the rest as their input, and what they
 * say is the same in every country.
 *
 * @param functions Functions that it may use
 */
export function program(script: Script, functions = ""): string {
  return `export LC_ALL=C\n${functions}\nmain() {\n:\n${script.text}\n}\nmain "$@" </dev/null\n`;
}

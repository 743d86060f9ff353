/** A line of a configuration file that sets something. */
export interface ConfiguredLine {
  readonly file: string;
  /** The first line is 1. */
  readonly line: number;
  /** Of the parameter, setting or section. */
  readonly name: string;
  readonly value: string;
  /** The service that it counts for, such as `submission/inet`; absent: for all. */
  readonly service?: string;
  /** The configuration key that it comes from, where there is one. */
  readonly key?: string | undefined;
  /** Whether it is one of those that are given under the daemon's own names. */
  readonly isExtra: boolean;
}

/** The line that a daemon's complaint is about, where it can be told. */
export function findOrigin(complaint: string, lines: readonly ConfiguredLine[]): ConfiguredLine | undefined {
  return named(complaint, lines) ?? mentioned(complaint, candidates(complaint, lines));
}

/** `/etc/dovecot/dovecot.conf line 12`, `/etc/postfix/main.cf, line 12`; a value may go on over further lines. */
function named(complaint: string, lines: readonly ConfiguredLine[]): ConfiguredLine | undefined {
  const [, file, number] = /(\/etc\/[\w./-]+?)[:,]? line (\d+)/.exec(complaint) ?? [];
  return lines.findLast((line) => line.file === file && line.line <= Number(number));
}

/** Of the service that the complaint begins with, its own lines count before those for all. */
function candidates(complaint: string, lines: readonly ConfiguredLine[]): ConfiguredLine[] {
  const [, service] = /^([\w.:[\]-]+\/[a-z-]+): /.exec(complaint) ?? [];
  const common = lines.filter((line) => line.service === undefined);
  return service === undefined ? [...lines] : [...lines.filter((line) => line.service === service), ...common];
}

/** By its name, the first one in the complaint, or else by a value in quotes that no other line has. */
function mentioned(complaint: string, lines: readonly ConfiguredLine[]): ConfiguredLine | undefined {
  const words = complaint.match(/(?<![\w./-])[\w.-]*\w(?![\w/-])/g) ?? [];
  for (const word of words) {
    const [line] = lines.filter(({ name }) => name === word).toSorted((a, b) => Number(b.isExtra) - Number(a.isExtra));
    // Names such as `listen` and `path` are words of plain English too.
    if (line !== undefined && (line.isExtra || word.includes("_"))) return line;
  }
  const quoted = new Set([...complaint.matchAll(/"([^"]+)"/g)].map(([, text = ""]) => text));
  const withValue = lines.filter(({ value }) => quoted.has(value));
  return new Set(withValue.map(({ name }) => name)).size === 1 ? withValue[0] : undefined;
}

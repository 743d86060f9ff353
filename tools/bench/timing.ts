/** What was measured, in seconds; with several runs, each of them. */
export interface Measurement {
  name: string;
  seconds: readonly number[];
}

/** Measures several pieces of work in turn, so that a machine that is busy for a while is so for all of them. */
export async function measureInTurn<Name extends string>(
  runs: number,
  works: Readonly<Record<Name, () => Promise<unknown>>>,
): Promise<Record<Name, Measurement>> {
  const names = Object.keys(works) as Name[];
  const seconds = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let run = 0; run < runs; run += 1) {
    for (const name of names) {
      const start = performance.now();
      await works[name]();
      seconds.get(name)?.push((performance.now() - start) / 1000);
    }
  }
  const measured = names.map((name) => [name, { name, seconds: seconds.get(name) }]);
  return Object.fromEntries(measured);
}

/** The middle one: a busy machine makes single runs longer, never shorter. */
export function median({ seconds }: Measurement): number {
  const sorted = seconds.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** A row of the report: a figure, what is known beside it, and what is wanted of it. */
export interface Row {
  name: string;
  figure: string;
  beside: string;
  aim: string;
  reached: boolean;
}

/** A time, held against the same work done in another way in the same run. */
export function rowAgainst(measurement: Measurement, against: Measurement, aim: string, reached: boolean): Row {
  const beside = `${ratio(measurement, against).toFixed(2)} x ${against.name} (${median(against).toFixed(1)} s)`;
  return { name: measurement.name, figure: `${median(measurement).toFixed(1)} s`, beside, aim, reached };
}

export function ratio(measurement: Measurement, against: Measurement): number {
  return median(measurement) / median(against);
}

export function report(rows: readonly Row[]): string {
  const cells = rows.map(({ name, figure, beside, aim, reached }) => [
    name,
    figure,
    beside,
    aim,
    reached ? "reached" : "MISSED",
  ]);
  const widths = cells.reduce<number[]>((known, row) => row.map((cell, i) => Math.max(known[i] ?? 0, cell.length)), []);
  return cells
    .map((row) =>
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

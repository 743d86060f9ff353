/** Tells what is being done, and how long it took. */
export async function step<Result>(title: string, work: () => Promise<Result>): Promise<Result> {
  const start = performance.now();
  process.stdout.write(`${title} ...\n`);
  const result = await work();
  process.stdout.write(`${title}: done in ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
  return result;
}

import { setTimeout as delay } from "node:timers/promises";
import type { LabClient } from "../testhost/client.ts";
import type { TestHost } from "../testhost/host.ts";

/** How a service begins to speak on each port of a mail host. */
const greetings: ReadonlyMap<number, RegExp> = new Map([
  [25, /^220 /],
  [587, /^220 /],
  [143, /^\* OK /],
]);

const intervalMs = 100;
/** A busy machine answers late, and serves all the same. */
const patienceMs = 30_000;

/** A time during which a port gave no greeting. */
export interface Gap {
  readonly port: number;
  /** From the last greeting before it to the first one after it. */
  readonly seconds: number;
  /** What came in place of a greeting, the first time. */
  readonly said: string;
}

/** Connects from the client to each mail port of a host every 100 ms while `work` runs; answers the gaps. */
export async function gapsDuring(client: LabClient, host: TestHost, work: () => Promise<unknown>): Promise<Gap[]> {
  let working = true;
  const watches = [...greetings].map(([port, greeting]) =>
    watchPort(
      port,
      () => working,
      async () => {
        const said = await firstWords(client, host.address, port);
        return greeting.test(said) ? undefined : said;
      },
    ),
  );
  await work().finally(() => {
    working = false;
  });
  return (await Promise.all(watches)).flat();
}

/**
 * The gaps of one port.
 *
 * @param ask answers what came in place of a greeting
 */
async function watchPort(port: number, goesOn: () => boolean, ask: () => Promise<string | undefined>): Promise<Gap[]> {
  const gaps: Gap[] = [];
  let lastGreeting = performance.now();
  let silence: string | undefined;
  const closeGap = () => {
    const now = performance.now();
    if (silence !== undefined) gaps.push({ port, seconds: (now - lastGreeting) / 1000, said: silence });
    lastGreeting = now;
    silence = undefined;
  };
  for (let isLast = false; !isLast; ) {
    isLast = !goesOn();
    const [said] = await Promise.all([ask(), delay(intervalMs)]);
    if (said === undefined) closeGap();
    else silence ??= said;
  }
  closeGap();
  return gaps;
}

/** The first words of a service, or why there are none. */
async function firstWords(client: LabClient, address: string, port: number): Promise<string> {
  try {
    const socket = await client.connect(address, port);
    socket.setTimeout(patienceMs, () => socket.destroy(new Error(`no greeting in ${patienceMs / 1000} s`)));
    for await (const data of socket) return String(data);
    return "the connection was closed without a greeting";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

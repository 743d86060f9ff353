import { setTimeout as delay } from "node:timers/promises";
import { CHANGE_UNIT } from "../../provider/machine/systemd.ts";
import type { TestHost } from "../testhost/host.ts";
import type { Lab } from "../testhost/lab.ts";
import { HeldSessions } from "../traffic/heldSessions.ts";
import { streamMessages } from "../traffic/messageStream.ts";
import { type Gap, gapsDuring } from "../traffic/portWatch.ts";
import type { Project } from "./project.ts";
import { median, type Row } from "./timing.ts";
import { targetOf, user } from "./user.ts";

const sessionCount = 20;
const messageCount = 500;
const runs = 5;
/** As many as a mail host has. */
const fileCount = 12;

/** The watch of the ports connects more often than a client may. */
const watched = { "submission/inet/smtpd_client_connection_rate_limit": 0 };

/** What a change of the configuration does to a host in use. */
export interface SafetyProjects {
  /** The mail host, deployed. */
  readonly mail: Project;
  /** Sets its configuration, with further keys. */
  configure(settings: Record<string, unknown>): Promise<void>;
  /** Files that concern no daemon. */
  readonly files: Project;
}

interface Noticed {
  readonly gaps: readonly Gap[];
  readonly lostSessions: number;
}

/**
 * What clients notice while the configuration changes, and how long a change takes for itself.
 *
 * @param host the mail host
 * @param other another host, for the change that concerns no daemon
 */
export async function measureSafety(
  lab: Lab,
  host: TestHost,
  other: TestHost,
  { mail, configure, files }: SafetyProjects,
): Promise<Row[]> {
  using messages = streamMessages(lab.client, host, user.address);
  const notice = async (settings: Record<string, unknown>, deploy: () => Promise<unknown>): Promise<Noticed> => {
    await configure(settings);
    const auth = { user: user.address, pass: user.password };
    using sessions = await HeldSessions.open(lab.client, host, auth, sessionCount);
    const gaps = await gapsDuring(lab.client, host, deploy);
    return { gaps, lostSessions: await sessions.lost() };
  };
  const up = () => mail.pulumi(["up", "--yes", "--skip-preview"]);
  const refused = () =>
    up().then(
      () => {
        throw new Error("the deployment was expected to fail");
      },
      () => {},
    );
  const unknown = { ...watched, smtpd_client_restrictions: "reject_strangers" };
  const larger = { ...watched, smtpd_timeout: "200s" };
  const settings = { mail_max_keyword_length: 60 };
  const listenAddresses = [host.address, "127.0.0.1"];
  await configure({ postfix: { parameters: watched } });
  await up();
  const rejected = await notice({ postfix: { parameters: unknown } }, refused);
  const reloaded = await notice({ postfix: { parameters: larger }, dovecot: { settings } }, up);
  const restarted = await notice(
    { postfix: { listenAddresses, parameters: watched }, dovecot: { listenAddresses } },
    up,
  );
  while (messages.taken() < messageCount) await delay(1000);
  const { taken, lost } = await messages.end();
  const seconds = await changesOfFiles(files, other);
  return [
    uninterrupted("a change that is refused", rejected),
    uninterrupted("a change that reloads both daemons", reloaded),
    {
      name: "a change that restarts both daemons",
      figure: silence(restarted),
      beside: `${restarted.lostSessions} of ${sessionCount} sessions ended`,
      aim: "2 s",
      reached: longest(restarted).seconds <= 2,
    },
    {
      name: "messages that were taken meanwhile",
      figure: `${lost.length} lost`,
      beside: `of ${taken}`,
      aim: `0 of ${messageCount} or more`,
      reached: lost.length === 0 && taken >= messageCount,
    },
    {
      name: `a change of ${fileCount} files that concerns no daemon`,
      figure: `${seconds.toFixed(2)} s on the host`,
      beside: "staged, kept, swapped; nothing to check or to activate",
      aim: "0.5 s",
      reached: seconds <= 0.5,
    },
  ];
}

function uninterrupted(name: string, noticed: Noticed): Row {
  return {
    name,
    figure: silence(noticed),
    beside: `${noticed.lostSessions} of ${sessionCount} sessions ended`,
    aim: "0 s, 0 sessions",
    reached: noticed.gaps.length === 0 && noticed.lostSessions === 0,
  };
}

function silence(noticed: Noticed): string {
  const { seconds, port } = longest(noticed);
  return `${seconds.toFixed(1)} s of silence${port === undefined ? "" : ` on ${port}`}`;
}

function longest({ gaps }: Noticed): { seconds: number; port?: number } {
  return gaps.toSorted((a, b) => b.seconds - a.seconds)[0] ?? { seconds: 0 };
}

/** How long the host is at work on a change of files alone. */
async function changesOfFiles(files: Project, host: TestHost): Promise<number> {
  const seconds: number[] = [];
  for (let run = 0; run <= runs; run += 1) {
    files.configure({ target: targetOf(host), count: fileCount, text: `# ${run}\n${"setting = value\n".repeat(500)}` });
    const before = await changeSeconds(host);
    await files.pulumi(["up", "--yes", "--skip-preview"]);
    // The first one makes the files.
    if (run > 0) seconds.push((await changeSeconds(host)) - before);
  }
  return median({ name: "changes of files", seconds });
}

/** How long all changes of a host have taken so far: from the start of their unit to its end, as systemd tells them. */
async function changeSeconds(host: TestHost): Promise<number> {
  const [started, ended] = ["39f53479d3a045ac8e11786248231fbf", "7ad2d189f7e94e70a38c781354912448"];
  const { stdout } = await host.run(
    `journalctl --quiet --output=json --output-fields=INVOCATION_ID _PID=1 UNIT=${CHANGE_UNIT}.service \
       MESSAGE_ID=${started} MESSAGE_ID=${ended}`,
  );
  const times = new Map<string, number[]>();
  for (const line of stdout.split("\n").filter((text) => text !== "")) {
    const { INVOCATION_ID: run, __MONOTONIC_TIMESTAMP: time } = JSON.parse(line);
    times.set(run, [...(times.get(run) ?? []), Number(time) / 1e6]);
  }
  return [...times.values()].reduce((sum, ofRun) => sum + Math.max(...ofRun) - Math.min(...ofRun), 0);
}

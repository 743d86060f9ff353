import { z } from "zod";
import { Script, sh } from "../connection/shell.ts";
import type { Host } from "../machine/host.ts";
import { linesOf } from "./textLines.ts";

/** A message in the queue, as postqueue(1) tells it (JSON object format). */
const message = z.object({
  queue_id: z.string(),
  arrival_time: z.number(),
  message_size: z.number(),
  sender: z.string(),
  recipients: z.array(z.object({ address: z.string() })),
});
type Message = z.infer<typeof message>;

/** As many messages of an address as are named. */
const MANY = 10;

/** What Postfix's queue holds from and to addresses that are closed: one text for each that has any. */
export async function queuedMailOf(host: Host, addresses: readonly string[]): Promise<string[]> {
  if (addresses.length === 0) return [];
  const answer = await host.ask(sh`
{ postqueue -j 2>/dev/null | grep -iF -f /dev/fd/3; } 3<<'END_OF_ADDRESSES' || true
${new Script(addresses.map((address) => `${address}\n`).join(""))}END_OF_ADDRESSES`);
  const queued = linesOf(answer).map((line) => message.parse(JSON.parse(line)));
  return addresses.flatMap((address) => {
    const to = queued.filter(({ recipients }) => recipients.some((recipient) => isSame(recipient.address, address)));
    const from = queued.filter(({ sender }) => isSame(sender, address));
    return [
      ...(to.length === 0 ? [] : [`the queue holds mail to ${address}, which will bounce: ${listed(to)}`]),
      ...(from.length === 0 ? [] : [`the queue holds mail from ${address}, which still goes out: ${listed(from)}`]),
    ];
  });
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function listed(messages: readonly Message[]): string {
  const named = messages.slice(0, MANY).map(describe);
  return [...named, ...(messages.length > MANY ? [`and ${messages.length - MANY} more`] : [])].join("; ");
}

function describe({ queue_id, sender, recipients, message_size, arrival_time }: Message): string {
  const to = recipients.map(({ address }) => address).join(", ");
  const since = new Date(arrival_time * 1000).toISOString().replace(/\.\d+Z$/, "Z");
  return `${queue_id} (${message_size} bytes, since ${since}, from <${sender}> to ${to})`;
}

import { setTimeout as delay } from "node:timers/promises";
import { createTransport } from "nodemailer";
import type { LabClient } from "../testhost/client.ts";
import { foreignDomain } from "../testhost/dns.ts";
import type { TestHost } from "../testhost/host.ts";
import { waitUntil } from "../testhost/waiting.ts";

const intervalMs = 200;

/** What became of a stream of messages. */
export interface Delivered {
  /** How many messages the host has taken. */
  readonly taken: number;
  /** Of these, the Message-IDs that are in no mailbox. */
  readonly lost: readonly string[];
}

/** Messages from the client to one mailbox, one after the other, until it ends or is disposed of. */
export interface MessageStream extends Disposable {
  /** How many messages the host has taken so far. */
  taken(): number;
  /** Sends no more, waits until the host's queue is empty, and counts. */
  end(): Promise<Delivered>;
}

/**
 * Sends messages to a mailbox through port 25, as another mail server does: one that the host refuses for now, or during
 * which the connection ends, does not count as taken.
 *
 * @param mailbox Its address; messages of it lie below /var/vmail/DOMAIN/USER
 */
export function streamMessages(client: LabClient, host: TestHost, mailbox: string): MessageStream {
  const stream = crypto.randomUUID();
  const taken: string[] = [];
  let goesOn = true;
  const send = async (messageId: string) => {
    const transport = createTransport({
      host: host.address,
      port: 25,
      proxy: client.proxy,
      ignoreTLS: true,
      name: "client.elsewhere.example",
      connectionTimeout: 60_000,
      // A host that has lost its power says no more.
      socketTimeout: 60_000,
    });
    try {
      const from = `sender@${foreignDomain}`;
      await transport.sendMail({ from, to: mailbox, subject: "traffic", messageId, text: "Kind regards\n" });
      taken.push(messageId);
    } catch {
      // Not taken: its sender would try again.
    } finally {
      transport.close();
    }
  };
  const sending = (async () => {
    for (let number = 1; goesOn; number += 1) {
      await Promise.all([send(`<${number}.${stream}@${foreignDomain}>`), delay(intervalMs)]);
    }
  })();
  const stop = () => {
    goesOn = false;
  };
  return {
    taken: () => taken.length,
    [Symbol.dispose]: stop,
    async end() {
      stop();
      await sending;
      await emptyQueue(host);
      const arrived = new Set(await messageIds(host, mailbox));
      return { taken: taken.length, lost: taken.filter((messageId) => !arrived.has(messageId)) };
    },
  };
}

async function emptyQueue(host: TestHost): Promise<void> {
  const isEmpty = async (): Promise<true | undefined> => {
    const { stdout } = await host.run("postqueue -f; postqueue -j");
    return stdout.trim() === "" || undefined;
  };
  await waitUntil(isEmpty, { what: "an empty queue", timeoutMs: 300_000 });
}

/** The Message-IDs of all that lies in a mailbox. */
async function messageIds(host: TestHost, mailbox: string): Promise<string[]> {
  const [user, domain] = mailbox.split("@");
  const { stdout } = await host.run(`grep -rhi '^message-id: ' /var/vmail/${domain}/${user}`);
  return [...stdout.matchAll(/<[^>]*>/g)].map(([id]) => id);
}

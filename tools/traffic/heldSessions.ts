import { ImapFlow } from "imapflow";
import type { LabClient } from "../testhost/client.ts";
import type { TestHost } from "../testhost/host.ts";

/** IMAP sessions of mail programs that wait for news (IDLE), until they are disposed of. */
export class HeldSessions implements Disposable {
  readonly #clients: readonly ImapFlow[];

  private constructor(clients: readonly ImapFlow[]) {
    this.#clients = clients;
  }

  /** Logs in from the client, inside TLS. */
  static async open(
    client: LabClient,
    host: TestHost,
    auth: { readonly user: string; readonly pass: string },
    count: number,
  ): Promise<HeldSessions> {
    const clients = Array.from({ length: count }, () => {
      const session = new ImapFlow({
        host: host.address,
        port: 143,
        secure: false,
        doSTARTTLS: true,
        proxy: client.proxy,
        // Whose certificate it is, others ask.
        tls: { rejectUnauthorized: false },
        auth,
        logger: false,
      });
      session.on("error", () => {});
      return session;
    });
    const held = new HeldSessions(clients);
    try {
      await Promise.all(clients.map((session) => startIdle(session)));
    } catch (error) {
      held[Symbol.dispose]();
      throw error;
    }
    return held;
  }

  /** How many have ended: each that has not ended must answer, and then waits again. */
  async lost(): Promise<number> {
    const answers = await Promise.allSettled(this.#clients.map((session) => nudge(session)));
    return answers.filter(({ status }) => status === "rejected").length;
  }

  [Symbol.dispose](): void {
    for (const session of this.#clients) session.close();
  }
}

async function startIdle(session: ImapFlow): Promise<void> {
  await session.connect();
  await session.mailboxOpen("INBOX");
  wait(session);
}

async function nudge(session: ImapFlow): Promise<void> {
  if (!session.usable) throw new Error("the session has ended");
  await session.noop();
  wait(session);
}

function wait(session: ImapFlow): void {
  // One that ends while it waits is counted later.
  session.idle().catch(() => {});
}

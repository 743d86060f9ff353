import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { ImapFlow } from "imapflow";
import { createTransport } from "nodemailer";
import type { DemoUser } from "./demoUsers.ts";

/** Where a mail host is reached and how it proves who it is. */
export interface MailServer {
  address: string;
  /** The name in its certificate. */
  hostname: string;
  /** PEM text of the authority that signed its certificate. */
  certificateAuthority: string;
}

/** Sends a message through submission: port 587, STARTTLS, log-in. Returns its subject. */
export async function sendMessage(server: MailServer, from: DemoUser, to: DemoUser): Promise<string> {
  const transport = createTransport({
    host: server.address,
    port: 587,
    requireTLS: true,
    tls: { servername: server.hostname, ca: server.certificateAuthority },
    auth: { user: from.address, pass: from.password },
    name: "client.domain.tld",
  });
  const subject = `Hello from your mail host, ${randomUUID().slice(0, 8)}`;
  try {
    await transport.sendMail({
      from: from.address,
      to: to.address,
      subject,
      text: "Sent through port 587 with STARTTLS and log-in,\nread through port 143 with STARTTLS.\n",
    });
  } finally {
    transport.close();
  }
  return subject;
}

/** Reads a message by its subject over IMAP: port 143, STARTTLS. Waits until it has been delivered. */
export async function readMessage(server: MailServer, user: DemoUser, subject: string): Promise<string> {
  const client = new ImapFlow({
    host: server.address,
    port: 143,
    secure: false,
    doSTARTTLS: true,
    servername: server.hostname,
    tls: { servername: server.hostname, ca: server.certificateAuthority },
    auth: { user: user.address, pass: user.password },
    logger: false,
  });
  await client.connect();
  try {
    await client.mailboxOpen("INBOX");
    return await waitForMessage(client, subject);
  } finally {
    await client.logout();
  }
}

const patienceMs = 30_000;

/** The source of a message in the open mailbox, whether it is there or still to come. */
export async function waitForMessage(client: ImapFlow, subject: string): Promise<string> {
  for (;;) {
    // Before the search, because a message may come while that runs.
    const arrival = nextArrival(client);
    const found = await client.search({ subject }, { uid: true });
    const uid = found === false || found === undefined ? undefined : found.at(-1);
    if (uid !== undefined) {
      const message = await client.fetchOne(String(uid), { source: true }, { uid: true });
      if (message !== false && message.source !== undefined) return message.source.toString();
    }
    // The server tells of new mail while the client idles; the next command ends that.
    void client.idle();
    if (!(await arrival)) {
      throw new Error(`no message "${subject}" came within ${patienceMs / 1000} s`);
    }
  }
}

/** Whether a message arrives in the open mailbox in time. */
async function nextArrival(client: ImapFlow): Promise<boolean> {
  try {
    await once(client, "exists", { signal: AbortSignal.timeout(patienceMs) });
    return true;
  } catch {
    return false;
  }
}

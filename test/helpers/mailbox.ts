import { ImapFlow } from "imapflow";
import { waitForMessage } from "../../tools/demo/demoMail.ts";
import { findHeader } from "../../tools/testhost/sink.ts";
import type { MailHostInLab } from "./deployedHost.ts";
import { passwordOf } from "./testUsers.ts";

/** A message that has arrived. */
export interface ReceivedMessage {
  /** As it is stored, headers included. */
  readonly source: string;
  /** A header's unfolded value; the first one where there are several. */
  header(name: string): string | undefined;
}

/** A user's INBOX, in the eyes of a mail program on the client. */
export interface Mailbox extends AsyncDisposable {
  /** The message of this subject, whether it is there or still to come. */
  waitFor(subject: string): Promise<ReceivedMessage>;
  /** The subjects of all messages. */
  subjects(): Promise<string[]>;
}

/** Logs in and opens the INBOX. */
export async function openMailbox({ lab, host, ...mail }: MailHostInLab, user: string): Promise<Mailbox> {
  const client = new ImapFlow({
    host: host.address,
    port: 143,
    secure: false,
    doSTARTTLS: true,
    proxy: lab.client.proxy,
    servername: mail.hostname,
    tls: { servername: mail.hostname, ca: mail.certificateAuthority },
    auth: { user, pass: passwordOf(user) },
    logger: false,
  });
  await client.connect();
  await client.mailboxOpen("INBOX");
  return {
    async waitFor(subject) {
      const source = await waitForMessage(client, subject);
      return { source, header: (name) => findHeader(source, name) };
    },
    async subjects() {
      await client.noop();
      if (client.mailbox === false || client.mailbox.exists === 0) return [];
      const messages = await client.fetchAll("1:*", { envelope: true });
      return messages.map(({ envelope }) => envelope?.subject ?? "");
    },
    [Symbol.asyncDispose]: () => client.logout(),
  };
}

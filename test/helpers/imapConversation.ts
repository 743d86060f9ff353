import type { ConnectionOptions } from "node:tls";
import type { MailHostInLab } from "./deployedHost.ts";
import { LineConnection } from "./lineConnection.ts";
import { passwordOf } from "./testUsers.ts";

/** IMAP as it is on the line, from the client's address: for what a mail library keeps to itself. */
export class ImapConversation implements Disposable {
  readonly greeting: string;
  /** SHA-256 of the certificate that the server has shown. */
  certificateFingerprint: string | undefined;
  readonly #connection: LineConnection;
  readonly #trust: ConnectionOptions;

  private constructor(connection: LineConnection, greeting: string, trust: ConnectionOptions) {
    this.#connection = connection;
    this.greeting = greeting;
    this.#trust = trust;
  }

  /** On 993 TLS begins at once. */
  static async open(
    mail: MailHostInLab,
    port: 143 | 993 = 143,
    options: ConnectionOptions = {},
  ): Promise<ImapConversation> {
    const connection = new LineConnection(await mail.lab.client.connect(mail.host.address, port));
    const trust = { servername: mail.hostname, ca: mail.certificateAuthority };
    const fingerprint = port === 993 ? await connection.startTls({ ...trust, ...options }) : undefined;
    const imap = new ImapConversation(connection, await connection.readLine(), trust);
    imap.certificateFingerprint = fingerprint;
    return imap;
  }

  /** Sends a command and returns all that is said until its result, which comes last: `OK ...`, `NO ...` or `BAD ...`. */
  async say(command: string): Promise<string> {
    this.#connection.write(`a ${command}\r\n`);
    return this.#result();
  }

  /** Waits for news, as mail programs do. What it answers ends that and returns what was said until then. */
  async idle(): Promise<() => Promise<string>> {
    this.#connection.write("a IDLE\r\n");
    const line = await this.#connection.readLine();
    if (!line.startsWith("+ ")) throw new Error(`IDLE: ${line}`);
    return () => {
      this.#connection.write("DONE\r\n");
      return this.#result();
    };
  }

  async #result(): Promise<string> {
    const lines: string[] = [];
    for (;;) {
      const line = await this.#connection.readLine();
      if (line.startsWith("a ")) return [...lines, line.slice(2)].join("\n");
      lines.push(line);
    }
  }

  async startTls(options: ConnectionOptions = {}): Promise<void> {
    const reply = await this.say("STARTTLS");
    if (!reply.startsWith("OK")) throw new Error(`STARTTLS: ${reply}`);
    this.certificateFingerprint = await this.#connection.startTls({ ...this.#trust, ...options });
  }

  logIn(user: string, password = passwordOf(user.toLowerCase())): Promise<string> {
    return this.say(`LOGIN ${user} ${password}`);
  }

  /** What the server says until it closes the connection. */
  farewell(): Promise<string> {
    return this.#connection.readToEnd();
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]();
  }
}

/** A session of a user who has logged in inside TLS. */
export async function openImapAs(mail: MailHostInLab, user: string): Promise<ImapConversation> {
  const imap = await ImapConversation.open(mail);
  await imap.startTls();
  const reply = await imap.logIn(user);
  if (!/^OK/m.test(reply)) throw new Error(`${user} cannot log in: ${reply}`);
  return imap;
}

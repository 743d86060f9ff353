import type { ConnectionOptions } from "node:tls";
import type { MailHostInLab } from "./deployedHost.ts";
import { LineConnection } from "./lineConnection.ts";
import { passwordOf } from "./testUsers.ts";

/** A message and who it is from and for. */
export interface Letter {
  readonly from: string;
  readonly to: string | readonly string[];
  /** Tells the message from others. */
  readonly subject: string;
  readonly text?: string;
}

/** A message as it is on the line. */
export interface RawLetter {
  readonly from: string;
  readonly to: string | readonly string[];
  /** Headers and text, with CR LF between the lines and none at the end. */
  readonly source: string;
  /** What stands behind the address of MAIL FROM, such as `BODY=8BITMIME`. */
  readonly mailParameters?: string;
  /** What stands behind the address of RCPT TO, such as `NOTIFY=NEVER`. */
  readonly recipientParameters?: string;
}

/** SMTP, one command after the other, from the client's address. Replies are whole: `250-...` lines and the last one. */
export class SmtpConversation implements Disposable {
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

  /** On 465 TLS begins at once. */
  static async open(
    mail: MailHostInLab,
    port: 25 | 465 | 587,
    options: ConnectionOptions = {},
  ): Promise<SmtpConversation> {
    const connection = new LineConnection(await mail.lab.client.connect(mail.host.address, port));
    const trust = { servername: mail.hostname, ca: mail.certificateAuthority };
    const fingerprint = port === 465 ? await connection.startTls({ ...trust, ...options }) : undefined;
    const smtp = new SmtpConversation(connection, await readReply(connection), trust);
    smtp.certificateFingerprint = fingerprint;
    return smtp;
  }

  /** Sends a command and returns the reply to it. */
  async say(command: string): Promise<string> {
    return this.sayRaw(`${command}\r\n`);
  }

  /** Sends bytes as they are and returns the first reply. */
  async sayRaw(bytes: string): Promise<string> {
    this.#connection.write(bytes);
    return this.reply();
  }

  /** The next reply, to what was said before. */
  reply(): Promise<string> {
    return readReply(this.#connection);
  }

  /** What the server says until it closes the connection. */
  farewell(): Promise<string> {
    return this.#connection.readToEnd();
  }

  greet(): Promise<string> {
    return this.say("EHLO client.elsewhere.example");
  }

  /** Goes on inside TLS, and returns what the server offers there. */
  async startTls(options: ConnectionOptions = {}): Promise<string> {
    expectReply("220", await this.say("STARTTLS"));
    this.certificateFingerprint = await this.#connection.startTls({ ...this.#trust, ...options });
    return this.greet();
  }

  logIn(user: string, password = passwordOf(user.toLowerCase())): Promise<string> {
    return this.say(`AUTH PLAIN ${Buffer.from(`\0${user}\0${password}`).toString("base64")}`);
  }

  /** Sends a message; returns the reply to its text. Every step before that has to succeed. */
  send({ from, to, ...rest }: Letter): Promise<string> {
    return this.sendRaw({ from, to, source: letterSource({ from, to, ...rest }) });
  }

  /** The same for a message whose source matters. */
  async sendRaw({ source, ...envelope }: RawLetter): Promise<string> {
    await this.address(envelope);
    expectReply("354", await this.say("DATA"));
    return this.sayRaw(`${source}\r\n.\r\n`);
  }

  /** Says from whom and to whom a message is; each step has to succeed. */
  async address({ from, to, mailParameters, recipientParameters }: Omit<RawLetter, "source">): Promise<void> {
    expectReply("250", await this.say(["MAIL", `FROM:<${from}>`, mailParameters ?? ""].join(" ").trim()));
    for (const recipient of [to].flat()) {
      expectReply("250", await this.say(["RCPT", `TO:<${recipient}>`, recipientParameters ?? ""].join(" ").trim()));
    }
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]();
  }
}

/** A conversation on 25, as another mail server has it. */
export async function openSmtp(mail: MailHostInLab): Promise<SmtpConversation> {
  const smtp = await SmtpConversation.open(mail, 25);
  await smtp.greet();
  return smtp;
}

/** A conversation on 587, inside TLS. */
export async function openSubmission(mail: MailHostInLab): Promise<SmtpConversation> {
  const smtp = await SmtpConversation.open(mail, 587);
  await smtp.greet();
  await smtp.startTls();
  return smtp;
}

/** A conversation on 465. */
export async function openSubmissions(mail: MailHostInLab): Promise<SmtpConversation> {
  const smtp = await SmtpConversation.open(mail, 465);
  await smtp.greet();
  return smtp;
}

/** A conversation on 587 of a user who has logged in. */
export async function openSubmissionAs(mail: MailHostInLab, user: string): Promise<SmtpConversation> {
  const smtp = await openSubmission(mail);
  expectReply("235", await smtp.logIn(user));
  return smtp;
}

/** Text of a message. */
function letterSource({ from, to, subject, text = "Kind regards" }: Letter): string {
  const headers = [
    `From: <${from === "" ? "mailer-daemon@elsewhere.example" : from}>`,
    `To: ${[to].flat().join(", ")}`,
    `Subject: ${subject}`,
    "Date: Fri, 02 Jan 2026 03:04:05 +0000",
    `Message-ID: <${subject.replaceAll(/\W+/g, "-")}@elsewhere.example>`,
  ];
  return [...headers, "", text].join("\r\n");
}

async function readReply(connection: LineConnection): Promise<string> {
  const lines: string[] = [];
  for (;;) {
    const line = await connection.readLine();
    lines.push(line);
    if (!/^\d{3}-/.test(line)) return lines.join("\n");
  }
}

function expectReply(code: string, reply: string): void {
  if (!reply.startsWith(code)) throw new Error(`expected ${code}, but the server said ${JSON.stringify(reply)}`);
}

import { once } from "node:events";
import type { Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";

/** How long a server may take for a line; Postfix holds back some refusals for seconds. */
const patienceMs = 60_000;

/**
 * A connection that is spoken line by line, as SMTP and IMAP are. Bytes go out exactly as they are given, which mail
 * libraries do not let one do.
 */
export class LineConnection implements Disposable {
  #socket: Socket;
  #unread = "";
  #ended = false;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#listen();
  }

  write(text: string): void {
    this.#socket.write(text);
  }

  /** The next line, without its end. */
  async readLine(): Promise<string> {
    const signal = AbortSignal.timeout(patienceMs);
    for (;;) {
      const end = this.#unread.indexOf("\n");
      if (end !== -1) {
        const line = this.#unread.slice(0, end).replace(/\r$/, "");
        this.#unread = this.#unread.slice(end + 1);
        return line;
      }
      if (this.#ended) throw new Error(`the server closed the connection; unread: ${JSON.stringify(this.#unread)}`);
      await this.#activity(signal);
    }
  }

  /** Waits until the server closes the connection, and returns what it said before. */
  async readToEnd(): Promise<string> {
    const signal = AbortSignal.timeout(patienceMs);
    while (!this.#ended) await this.#activity(signal);
    return this.#unread;
  }

  /**
   * Goes on inside TLS. What the server sent in clear and nobody has read would belong to nobody: an attack.
   *
   * @returns the SHA-256 fingerprint of the server's certificate
   */
  async startTls(options: ConnectionOptions): Promise<string> {
    if (this.#unread !== "") throw new Error(`the server went on in clear: ${JSON.stringify(this.#unread)}`);
    this.#socket.removeAllListeners();
    const secure = connectTls({ ...options, socket: this.#socket });
    try {
      await once(secure, "secureConnect");
    } catch (error) {
      secure.destroy();
      throw error;
    }
    this.#socket = secure;
    this.#listen();
    return secure.getPeerCertificate().fingerprint256;
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #listen(): void {
    const end = (): void => {
      this.#ended = true;
      this.#wake();
    };
    this.#socket.on("data", (data: Buffer) => {
      this.#unread += data.toString();
      this.#wake();
    });
    for (const event of ["end", "close", "error"]) this.#socket.on(event, end);
  }

  /** Something came, or the connection ended. */
  #activity(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void =>
        reject(new Error(`the server said nothing more in time; unread: ${JSON.stringify(this.#unread)}`));
      signal.addEventListener("abort", giveUp, { once: true });
      this.#wake = () => {
        signal.removeEventListener("abort", giveUp);
        resolve();
      };
    });
  }
}

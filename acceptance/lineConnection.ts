import { connect, type Socket } from "node:net";
import { createInterface, type Interface } from "node:readline";
import { connect as connectTls, type PeerCertificate, type TLSSocket } from "node:tls";

/** How long a server may take for anything: a banner is slow where the server's resolver is. */
const TIMEOUT_MS = 20_000;

/** Who the server must prove to be. */
export interface Identity {
  /** The name in its certificate. */
  hostname: string;
  /** PEM text of the authority that must have signed it; without it, the authorities that Node trusts. */
  certificateAuthority?: string | undefined;
}

/** A connection on which both sides speak in lines, as SMTP and IMAP do. */
export class LineConnection {
  #socket: Socket;
  #lines!: AsyncIterator<string>;
  #reader!: Interface;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#listen();
  }

  /** @throws Error when nobody answers */
  static open(address: string, port: number): Promise<LineConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: address, port });
      socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        // What breaks later ends the iteration over lines.
        socket.on("error", () => {});
        resolve(new LineConnection(socket));
      });
    });
  }

  /** Whether both ends have the same address: Dovecot trusts such a client as much as one inside TLS. */
  get isOfHostItself(): boolean {
    return this.#socket.localAddress === this.#socket.remoteAddress;
  }

  /** Whether the other end sees a client on its own machine, for whom Postfix relays. */
  get isLoopback(): boolean {
    return /^(?:::1|(?:::ffff:)?127\..*)$/.test(this.#socket.localAddress ?? "");
  }

  send(line: string): void {
    this.#socket.write(`${line}\r\n`);
  }

  /** @throws Error when the server closed the connection instead */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("the connection was closed");
    return value;
  }

  /**
   * Goes over to TLS and returns the server's certificate.
   *
   * @throws Error when the certificate does not prove the identity
   */
  startTls({ hostname, certificateAuthority }: Identity): Promise<PeerCertificate> {
    this.#reader.close();
    return new Promise((resolve, reject) => {
      const secured: TLSSocket = connectTls({
        socket: this.#socket,
        servername: hostname,
        ...(certificateAuthority === undefined ? {} : { ca: certificateAuthority }),
      });
      secured.once("error", reject);
      secured.once("secureConnect", () => {
        secured.off("error", reject);
        secured.on("error", () => {});
        this.#socket = secured;
        this.#listen();
        resolve(secured.getPeerCertificate());
      });
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #listen(): void {
    this.#reader = createInterface({ input: this.#socket, crlfDelay: Number.POSITIVE_INFINITY });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }
}

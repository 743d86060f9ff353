import { X509Certificate } from "node:crypto";
import { connect, type Socket } from "node:net";
import { createInterface, type Interface } from "node:readline";
import {
  checkServerIdentity,
  connect as connectTls,
  type DetailedPeerCertificate,
  type PeerCertificate,
  type TLSSocket,
} from "node:tls";
import { certificateFingerprint } from "../shared/certificates/certificateFingerprint.ts";
import type { ServiceIdentity } from "../shared/services.ts";

/** How long a server may take for anything: a banner is slow where the server's resolver is. */
const TIMEOUT_MS = 20_000;

/** A connection on which both sides speak in lines, as SMTP and IMAP do. */
export class ServiceConnection {
  #socket: Socket;
  #lines!: AsyncIterator<string>;
  #reader!: Interface;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#listen();
  }

  /** @throws Error when there is no answer */
  static open(address: string, port: number): Promise<ServiceConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: address, port });
      socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        // What breaks later ends the iteration over lines.
        socket.on("error", () => {});
        resolve(new ServiceConnection(socket));
      });
    });
  }

  /** Whether both ends have the same address: Dovecot trusts such a client as much as one inside TLS. */
  get isOfHostItself(): boolean {
    return this.#socket.localAddress === this.#socket.remoteAddress;
  }

  /** Whether the other end sees a client on its own machine, for which Postfix relays. */
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
  startTls(identity: ServiceIdentity): Promise<PeerCertificate> {
    const { hostname, certificateAuthority } = identity;
    this.#reader.close();
    return new Promise((resolve, reject) => {
      const secured: TLSSocket = connectTls({
        socket: this.#socket,
        servername: hostname,
        ...(certificateAuthority === undefined ? {} : { ca: certificateAuthority }),
        rejectUnauthorized: certificateAuthority !== undefined || identity.certificateFingerprint === undefined,
      });
      const fail = (error: Error) => reject(inWords(error));
      secured.once("error", fail);
      secured.once("secureConnect", () => {
        secured.off("error", fail);
        secured.on("error", () => {});
        this.#socket = secured;
        this.#listen();
        const certificate = secured.getPeerCertificate(true);
        const doubt = doubtOf(certificate, identity);
        if (doubt === undefined) resolve(certificate);
        else reject(doubt);
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

/** What TLS itself complains of is addressed to programmers, but for its reason. */
function inWords(error: Error): Error {
  return "reason" in error && "library" in error ? new Error(`TLS fails: ${error.reason}`) : error;
}

/** A certificate and those above it, in PEM form. */
function chainOf(certificate: DetailedPeerCertificate): string[] {
  const chain = new Set<DetailedPeerCertificate>();
  // One that has signed itself is its own issuer.
  let next: DetailedPeerCertificate | undefined = certificate;
  while (next !== undefined && !chain.has(next)) {
    chain.add(next);
    next = next.issuerCertificate;
  }
  return [...chain].map(({ raw }) => new X509Certificate(raw).toString());
}

/** Why it is not the certificate that is known to be the server's, or why clients would not take it. */
function doubtOf(certificate: DetailedPeerCertificate, identity: ServiceIdentity): Error | undefined {
  const { hostname, certificateFingerprint: expected } = identity;
  if (expected === undefined) return undefined;
  const chain = chainOf(certificate);
  // Above those that it shows are the authorities that Node knows.
  const fingerprints = chain.map((_, index) => certificateFingerprint(chain.slice(0, index + 1).join("")));
  if (!fingerprints.includes(expected)) {
    const [fingerprint = ""] = fingerprints;
    return new Error(
      expected.startsWith(fingerprint)
        ? "shows the certificate that was deployed, but not those above it (intermediate certificates)"
        : `shows the certificate ${fingerprint}, but ${expected} was deployed`,
    );
  }
  const shown = new X509Certificate(certificate.raw);
  const now = new Date();
  if (now < shown.validFromDate || now > shown.validToDate) {
    return new Error(
      `shows a certificate that is valid from ${certificate.valid_from} to ${certificate.valid_to} only`,
    );
  }
  return checkServerIdentity(hostname, certificate);
}

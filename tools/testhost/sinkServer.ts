/**
 * The world outside, as far as a mail host under test sees it: the mail server of a foreign domain, and a name server that
 * hears every question and answers none.
 */
import { createSocket } from "node:dgram";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { SMTPServer, type SMTPServerSession } from "smtp-server";
import { reportReady, serviceOptions } from "./labServices.ts";

/** What the sink records of a message beside the message itself. */
export interface StoredMessage {
  /** Counts from 1 in the order of arrival. */
  readonly id: number;
  /** Envelope sender; empty for a bounce. */
  readonly from: string;
  readonly to: readonly string[];
  /** Name that the sending server gave itself. */
  readonly helo: string;
  readonly remoteAddress: string;
  /** Whether the message came over STARTTLS. */
  readonly tls: boolean;
}

/** Options of this program. */
export interface SinkServerOptions {
  readonly address: string;
  readonly hostname: string;
  /** Folder that gets two files per message: `N.eml` as received, then `N.json` about it. */
  readonly mailFolder: string;
  readonly certificateFile: string;
  readonly privateKeyFile: string;
  /** Address of the name server that never answers. */
  readonly silentAddress: string;
}

const { address, hostname, mailFolder, certificateFile, privateKeyFile, silentAddress } =
  serviceOptions<SinkServerOptions>();

let count = 0;

function store(session: SMTPServerSession, source: Buffer): void {
  count += 1;
  const { mailFrom, rcptTo } = session.envelope;
  const message: StoredMessage = {
    id: count,
    from: mailFrom === false ? "" : mailFrom.address,
    to: rcptTo.map((recipient) => recipient.address),
    helo: session.hostNameAppearsAs,
    remoteAddress: session.remoteAddress,
    tls: session.secure,
  };
  const file = join(mailFolder, String(count).padStart(6, "0"));
  writeFileSync(`${file}.eml`, source);
  // Renamed, so that a reader of the name reads the whole.
  writeFileSync(`${file}.new`, JSON.stringify(message));
  renameSync(`${file}.new`, `${file}.json`);
}

/** SMTP answer for an error that a recipient address asks for, by the first word of its local part. */
function requestedRefusal(recipient: string): Error | undefined {
  const [word] = recipient.split(/[@.+-]/);
  if (word === "refused") return Object.assign(new Error("5.1.1 no such user"), { responseCode: 550 });
  if (word === "deferred") return Object.assign(new Error("4.3.0 try again later"), { responseCode: 451 });
  return undefined;
}

const server = new SMTPServer({
  name: hostname,
  cert: readFileSync(certificateFile),
  key: readFileSync(privateKeyFile),
  disabledCommands: ["AUTH"],
  disableReverseLookup: true,
  onRcptTo: ({ address: recipient }, _session, callback) => callback(requestedRefusal(recipient)),
  onData: (stream, session, callback) => {
    buffer(stream).then(
      (source) => {
        store(session, source);
        callback();
      },
      (error: Error) => callback(error),
    );
  },
});
// A client that hangs up in the middle is no reason to end.
server.on("error", (error) => process.stderr.write(`${error.message}\n`));
const silence = createSocket("udp4");
await promisify(silence.bind.bind(silence) as (port: number, host: string, done: () => void) => void)(
  53,
  silentAddress,
);
server.listen(25, address, reportReady);

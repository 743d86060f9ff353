import { readdirSync, readFileSync, watch } from "node:fs";
import { join } from "node:path";
import { foreignDomain } from "./dns.ts";
import { type ServicePlace, startService } from "./labServices.ts";
import type { LabPaths } from "./paths.ts";
import { mustRun } from "./processes.ts";
import type { SinkServerOptions, StoredMessage } from "./sinkServer.ts";
import type { Subnet } from "./subnets.ts";

/** A message that the sink has received. */
export interface SinkMessage extends StoredMessage {
  /** The message as it came, headers included. */
  readonly source: Buffer;
  /** A header's unfolded value; the first one where there are several. */
  header(name: string): string | undefined;
}

/**
 * The mail server of a foreign domain, with STARTTLS: it takes every message and keeps it.
 *
 * Except for recipients whose local part is or starts with the word `refused` (550) or `deferred` (451).
 */
export interface MailSink {
  readonly address: string;
  readonly port: 25;
  /** Domain whose mail exchanger the sink is. */
  readonly domain: string;
  /** The server's own certificate, as PEM. It is signed by itself, so it is also what verifies it. */
  readonly certificate: string;
  /** All messages so far, oldest first. */
  messages(): SinkMessage[];
  /** The first message, whether it is there already or still to come, for which `predicate` is true. */
  waitForMessage(predicate: (message: SinkMessage) => boolean, timeoutMs?: number): Promise<SinkMessage>;
}

function certificateFile(paths: LabPaths): string {
  return join(paths.folder, "sink-certificate.pem");
}

/** Starts a lab's sink, in its namespace. */
export async function startSink(place: ServicePlace, subnet: Subnet): Promise<void> {
  const hostname = `mx.${foreignDomain}`;
  const privateKeyFile = join(place.paths.folder, "sink-key.pem");
  await createCertificate(hostname, privateKeyFile, certificateFile(place.paths));
  const options: SinkServerOptions = {
    address: subnet.sink,
    hostname,
    mailFolder: place.paths.mail,
    certificateFile: certificateFile(place.paths),
    privateKeyFile,
    silentAddress: subnet.silent,
  };
  await startService(place, "sinkServer.ts", options);
}

async function createCertificate(hostname: string, keyFile: string, file: string): Promise<void> {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", keyFile];
  const names = ["-subj", `/CN=${hostname}`, "-addext", `subjectAltName=DNS:${hostname}`];
  await mustRun(["openssl", "req", "-x509", ...key, ...names, "-days", "365", "-out", file]);
}

/** The sink of a lab that runs. */
export function mailSink(paths: LabPaths, subnet: Subnet): MailSink {
  const messages = (): SinkMessage[] => readMessages(paths.mail);
  return {
    address: subnet.sink,
    port: 25,
    domain: foreignDomain,
    get certificate() {
      return readFileSync(certificateFile(paths), "utf8");
    },
    messages,
    waitForMessage: (predicate, timeoutMs = 30_000) => waitForMessage(paths.mail, predicate, timeoutMs),
  };
}

function readMessages(folder: string): SinkMessage[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
  return files.sort().map((file) => {
    const stored = JSON.parse(readFileSync(join(folder, file), "utf8")) as StoredMessage;
    const source = readFileSync(join(folder, file.replace(/json$/, "eml")));
    return { ...stored, source, header: (name) => findHeader(source.toString(), name) };
  });
}

/** A header's unfolded value in the text of a message. */
export function findHeader(message: string, name: string): string | undefined {
  const [headers = ""] = message.split(/\r?\n\r?\n/, 1);
  const unfolded = headers.replaceAll(/\r?\n[ \t]+/g, " ").split(/\r?\n/);
  const prefix = `${name.toLowerCase()}:`;
  return unfolded
    .find((line) => line.toLowerCase().startsWith(prefix))
    ?.slice(prefix.length)
    .trim();
}

function waitForMessage(
  folder: string,
  predicate: (message: SinkMessage) => boolean,
  timeoutMs: number,
): Promise<SinkMessage> {
  return new Promise((resolve, reject) => {
    // Watched before the first look, so that nothing arrives unseen between the two.
    const watcher = watch(folder, () => look());
    const timer = setTimeout(() => {
      const seen = readMessages(folder).map(
        ({ from, to }) => `<${from}> to ${to.map((address) => `<${address}>`).join(" ")}`,
      );
      const what = seen.length === 0 ? "it has received nothing at all" : `it has received: ${seen.join("; ")}`;
      end(() => reject(new Error(`the sink received no such message in ${timeoutMs / 1000} s; ${what}`)));
    }, timeoutMs);
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      watcher.close();
      settle();
    };
    const look = (): void => {
      try {
        const found = readMessages(folder).find(predicate);
        if (found !== undefined) end(() => resolve(found));
      } catch (error) {
        end(() => reject(error));
      }
    };
    look();
  });
}

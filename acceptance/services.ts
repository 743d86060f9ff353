import type { PeerCertificate } from "node:tls";
import type { ServiceIdentity } from "../shared/services.ts";
import { ServiceConnection } from "./serviceConnection.ts";

/** A service of the mail host, as one meets it from outside. */
export interface Service {
  address: string;
  port: number;
  identity: ServiceIdentity;
}

/** What a service does that it must not, or does not that it must. */
export type Complaint = string;

/** What one visit found. */
export interface Visit {
  complaints: Complaint[];
  /** As it was served, unless TLS could not be started. */
  certificate?: PeerCertificate;
}

/** A domain that cannot be registered: RFC 6761, section 6.4. */
const FOREIGN_RECIPIENT = "postmaster@relay-check.invalid";

/** Port 25: greets with its name, offers TLS with the right certificate, takes no log-in and does not relay. */
export function visitSmtp(service: Service): Promise<Visit> {
  return visit(service, async (connection, found) => {
    await greetedBy(connection, service, found);
    expectNo(found, await ehlo(connection), /^AUTH/, "offers log-in (AUTH) without TLS");
    found.certificate = await startSmtpTls(connection, service);
    expectNo(found, await ehlo(connection), /^AUTH/, "offers log-in (AUTH); that belongs on 587");
    if (!connection.isLoopback) await expectNoRelay(connection, found);
    await command(connection, "QUIT");
  });
}

/** Port 587: log-in inside TLS only, and nothing without it. */
export function visitSubmission(service: Service): Promise<Visit> {
  return visit(service, async (connection, found) => {
    await greetedBy(connection, service, found);
    expectNo(found, await ehlo(connection), /^AUTH/, "offers log-in (AUTH) before TLS");
    found.certificate = await startSmtpTls(connection, service);
    await expectSubmission(connection, found);
  });
}

/** Port 465: as 587, but TLS begins at once. */
export function visitSubmissions(service: Service): Promise<Visit> {
  return visit(service, async (connection, found) => {
    found.certificate = await connection.startTls(service.identity);
    await greetedBy(connection, service, found);
    await expectSubmission(connection, found);
  });
}

/** Port 143: log-in inside TLS only. */
export function visitImap(service: Service): Promise<Visit> {
  return visit(service, async (connection, found) => {
    await greetedByImap(connection, found);
    const before = await capabilities(connection);
    expect(found, before, /^STARTTLS$/, "does not offer STARTTLS");
    if (!connection.isOfHostItself) {
      expect(found, before, /^LOGINDISABLED$/, "allows LOGIN before TLS");
      expectNo(found, before, /^AUTH=/, "offers log-in (AUTH) before TLS");
    }
    connection.send("2 STARTTLS");
    const answer = await connection.line();
    if (!answer.startsWith("2 OK")) throw new Error(`STARTTLS is answered ${answer}`);
    found.certificate = await connection.startTls(service.identity);
    await expectImap(connection, found);
  });
}

/** Port 993: as 143, but TLS begins at once. */
export function visitImaps(service: Service): Promise<Visit> {
  return visit(service, async (connection, found) => {
    found.certificate = await connection.startTls(service.identity);
    await greetedByImap(connection, found);
    await expectImap(connection, found);
  });
}

async function visit(
  { address, port }: Service,
  converse: (connection: ServiceConnection, found: Visit) => Promise<void>,
): Promise<Visit> {
  const found: Visit = { complaints: [] };
  let connection: ServiceConnection | undefined;
  try {
    connection = await ServiceConnection.open(address, port);
    await converse(connection, found);
  } catch (error) {
    found.complaints.push(error instanceof Error ? error.message : String(error));
  } finally {
    connection?.close();
  }
  return found;
}

interface Answer {
  code: number;
  /** The first line, code included. */
  text: string;
  /** What follows the code, line by line. */
  lines: string[];
}

async function command(connection: ServiceConnection, text: string): Promise<Answer> {
  connection.send(text);
  return readAnswer(connection);
}

async function readAnswer(connection: ServiceConnection): Promise<Answer> {
  const lines: string[] = [];
  let line: string;
  do {
    line = await connection.line();
    lines.push(line);
  } while (line[3] === "-");
  return { code: Number(line.slice(0, 3)), text: lines[0] ?? "", lines: lines.map((each) => each.slice(4)) };
}

async function greetedBy(connection: ServiceConnection, { identity }: Service, found: Visit): Promise<void> {
  const { text } = await readAnswer(connection);
  if (!text.startsWith(`220 ${identity.hostname} `)) {
    found.complaints.push(`greets with "${text}", not "220 ${identity.hostname} ..."`);
  }
}

async function ehlo(connection: ServiceConnection): Promise<string[]> {
  const { code, text, lines } = await command(connection, "EHLO acceptance-check.invalid");
  if (code !== 250) throw new Error(`EHLO is answered ${text}`);
  return lines;
}

async function startSmtpTls(connection: ServiceConnection, { identity }: Service): Promise<PeerCertificate> {
  const { code, text } = await command(connection, "STARTTLS");
  if (code !== 220) throw new Error(`STARTTLS is answered ${text}`);
  return connection.startTls(identity);
}

/** What every port for submission must do inside TLS. */
async function expectSubmission(connection: ServiceConnection, found: Visit): Promise<void> {
  expect(found, await ehlo(connection), /^AUTH\b.*\bPLAIN\b/, "does not offer AUTH PLAIN inside TLS");
  await expectNoRelay(connection, found);
  await command(connection, "QUIT");
}

/** What must not be possible without log-in. */
async function expectNoRelay(connection: ServiceConnection, found: Visit): Promise<void> {
  await command(connection, "MAIL FROM:<>");
  const { code, text } = await command(connection, `RCPT TO:<${FOREIGN_RECIPIENT}>`);
  if (code < 500) found.complaints.push(`relays for strangers: RCPT ${FOREIGN_RECIPIENT} is answered ${text}`);
}

async function greetedByImap(connection: ServiceConnection, found: Visit): Promise<void> {
  const greeting = await connection.line();
  if (!greeting.startsWith("* OK")) found.complaints.push(`greets with "${greeting}", not "* OK"`);
}

/** What every port for IMAP must do inside TLS. */
async function expectImap(connection: ServiceConnection, found: Visit): Promise<void> {
  expect(found, await capabilities(connection), /^AUTH=PLAIN$/, "does not offer AUTH=PLAIN inside TLS");
  connection.send("3 LOGOUT");
}

async function capabilities(connection: ServiceConnection): Promise<string[]> {
  connection.send("1 CAPABILITY");
  const found: string[] = [];
  for (;;) {
    const line = await connection.line();
    if (line.startsWith("* CAPABILITY ")) found.push(...line.split(" ").slice(2));
    if (line.startsWith("1 ")) return found;
  }
}

function expect(found: Visit, offers: readonly string[], pattern: RegExp, complaint: Complaint): void {
  if (!offers.some((offer) => pattern.test(offer))) found.complaints.push(complaint);
}

function expectNo(found: Visit, offers: readonly string[], pattern: RegExp, complaint: Complaint): void {
  if (offers.some((offer) => pattern.test(offer))) found.complaints.push(complaint);
}

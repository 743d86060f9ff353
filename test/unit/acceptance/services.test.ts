import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { createSecureContext, TLSSocket } from "node:tls";
import { describe, expect, test } from "vitest";
import {
  type Complaint,
  type Service,
  type Visit,
  visitImap,
  visitImaps,
  visitSmtp,
  visitSubmission,
  visitSubmissions,
} from "../../../acceptance/services.ts";
import { certificateFingerprint } from "../../../shared/certificates/certificateFingerprint.ts";
import { makeCertificate, type TestCertificate } from "../components/certificates.ts";

const hostname = "mail.domain.tld";
const sound = await makeCertificate(hostname, { names: [hostname] });
const expired = await makeCertificate(hostname, { names: [hostname], from: -20, to: -2 });

/** What a server says first, and to each command, in clear or inside TLS. */
type Script = Readonly<Record<string, string>>;

const smtp: Script = {
  greeting: `220 ${hostname} ESMTP`,
  "clear EHLO": `250-${hostname}\r\n250 STARTTLS`,
  "clear STARTTLS": "220 Ready",
  "tls EHLO": `250-${hostname}\r\n250 PIPELINING`,
  "tls MAIL": "250 Ok",
  "tls RCPT": "554 Relay access denied",
  "tls QUIT": "221 Bye",
};
const submission: Script = { ...smtp, "tls EHLO": `250-${hostname}\r\n250 AUTH LOGIN PLAIN` };
const imap: Script = {
  greeting: "* OK ready",
  "clear CAPABILITY": "* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n1 OK",
  "clear STARTTLS": "2 OK Begin",
  "tls CAPABILITY": "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n1 OK",
  "tls LOGOUT": "3 OK",
};

interface ServiceKind {
  visit: (service: Service) => Promise<Visit>;
  script: Script;
  isTlsAtOnce?: boolean;
}

const kinds = {
  smtp: { visit: visitSmtp, script: smtp },
  submission: { visit: visitSubmission, script: submission },
  submissions: { visit: visitSubmissions, script: submission, isTlsAtOnce: true },
  imap: { visit: visitImap, script: imap },
  imaps: { visit: visitImaps, script: imap, isTlsAtOnce: true },
} satisfies Record<string, ServiceKind>;

/** Answers as the script says, and starts TLS where that is agreed. */
function converse(socket: Socket, script: Script, certificate: TestCertificate, state: "clear" | "tls"): void {
  socket.on("error", () => {});
  const lines = createInterface({ input: socket });
  lines.on("line", (line) => {
    const [, verb] = /^(?:\d )?(\w+)/.exec(line) ?? [];
    const reply = script[`${state} ${verb}`] ?? `unexpected: ${line}`;
    socket.write(`${reply}\r\n`);
    if (verb !== "STARTTLS" || !/^(?:220|2 OK)/.test(reply)) return;
    lines.close();
    converse(secured(socket, certificate), script, certificate, "tls");
  });
}

function secured(socket: Socket, { certificate, privateKey }: TestCertificate): TLSSocket {
  const secureContext = createSecureContext({ cert: certificate, key: privateKey });
  return new TLSSocket(socket, { isServer: true, secureContext });
}

/** What a visit complains of where the server departs from the script like that. */
async function complaintsOf(
  kind: keyof typeof kinds,
  departure: Script = {},
  certificate = sound,
): Promise<Complaint[]> {
  const { visit, script, isTlsAtOnce = false }: ServiceKind = kinds[kind];
  const server = createServer((socket) => {
    const met = isTlsAtOnce ? secured(socket, certificate) : socket;
    const whole = { ...script, ...departure };
    converse(met, whole, certificate, isTlsAtOnce ? "tls" : "clear");
    met.write(`${whole.greeting}\r\n`);
  });
  // Who connects has 127.0.0.1 for its own address, as if it were another machine.
  server.listen(0, "127.0.0.2");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const identity = { hostname, certificateFingerprint: certificateFingerprint(certificate.certificate) };
  try {
    return (await visit({ address: "127.0.0.2", port, identity })).complaints;
  } finally {
    server.close();
  }
}

test.each(Object.keys(kinds) as (keyof typeof kinds)[])("%s as it should be is not complained of", async (kind) => {
  expect(await complaintsOf(kind)).toEqual([]);
});

const offers = (...extensions: string[]) =>
  [...extensions.map((extension) => `250-${extension}`), "250 DSN"].join("\r\n");
const capabilities = (names: string) => `* CAPABILITY IMAP4rev1 ${names}\r\n1 OK`;
const relays = "relays for strangers: RCPT postmaster@relay-check.invalid is answered 250 Ok";

describe("a service is complained of:", () => {
  test.each<[keyof typeof kinds, Script, Complaint]>([
    ["smtp", { greeting: "220 other.tld" }, 'greets with "220 other.tld", not "220 mail.domain.tld ..."'],
    ["smtp", { "clear EHLO": offers("AUTH PLAIN", "STARTTLS") }, "offers log-in (AUTH) without TLS"],
    ["smtp", { "clear STARTTLS": "454 not now" }, "STARTTLS is answered 454 not now"],
    ["smtp", { "tls EHLO": offers("AUTH PLAIN") }, "offers log-in (AUTH); that belongs on 587"],
    ["submission", { "clear EHLO": offers("STARTTLS", "AUTH PLAIN") }, "offers log-in (AUTH) before TLS"],
    ["submission", { "tls EHLO": offers("AUTH LOGIN") }, "does not offer AUTH PLAIN inside TLS"],
    ["submission", { "tls RCPT": "250 Ok" }, relays],
    ["submissions", { greeting: "220 other.tld" }, 'greets with "220 other.tld", not "220 mail.domain.tld ..."'],
    ["submissions", { "tls EHLO": offers() }, "does not offer AUTH PLAIN inside TLS"],
    ["submissions", { "tls RCPT": "250 Ok" }, relays],
    ["imap", { greeting: "* BYE" }, 'greets with "* BYE", not "* OK"'],
    ["imap", { "clear CAPABILITY": capabilities("LOGINDISABLED") }, "does not offer STARTTLS"],
    ["imap", { "clear CAPABILITY": capabilities("STARTTLS") }, "allows LOGIN before TLS"],
    [
      "imap",
      { "clear CAPABILITY": capabilities("STARTTLS LOGINDISABLED AUTH=PLAIN") },
      "offers log-in (AUTH) before TLS",
    ],
    ["imap", { "clear STARTTLS": "2 BAD no" }, "STARTTLS is answered 2 BAD no"],
    ["imap", { "tls CAPABILITY": capabilities("AUTH=LOGIN") }, "does not offer AUTH=PLAIN inside TLS"],
    ["imaps", { greeting: "* BYE" }, 'greets with "* BYE", not "* OK"'],
    ["imaps", { "tls CAPABILITY": capabilities("AUTH=PLAINER") }, "does not offer AUTH=PLAIN inside TLS"],
  ])("%s that answers %j", async (kind, departure, complaint) => {
    expect(await complaintsOf(kind, departure)).toEqual([complaint]);
  });

  test("one whose certificate has expired", async () => {
    expect(await complaintsOf("smtp", {}, expired)).toEqual([
      expect.stringMatching(/^shows a certificate that is valid from .* to .* only$/),
    ]);
  });
});

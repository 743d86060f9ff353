import { execFile, execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { COMMON_SHELL } from "../../../../provider/transaction/shell.ts";
import { useTemporaryFolder } from "../../../helpers/temporaryFolder.ts";
import { makeCertificate } from "../../components/certificates.ts";

const folder = useTemporaryFolder();

/** `listens SOCKET PROCESS` as it runs on the host, with ss(8) saying what `sockets` says. */
function listens(socket: string, sockets: string): boolean {
  const script = `${COMMON_SHELL}\nss() { printf '%s\\n' '${sockets}'; }\nlistens '${socket}' master && echo yes || echo no`;
  return (
    execFileSync("sh", ["-s"], { input: script, encoding: "utf8", stdio: ["pipe", "pipe", "inherit"] }) === "yes\n"
  );
}

const shown = (local: string, process = "master") =>
  `LISTEN 0 100 ${local} 0.0.0.0:* users:(("${process}",pid=1,fd=6))`;

test.each([
  ["*:25", shown("0.0.0.0:25"), true],
  ["*:25", shown("[::]:25"), true],
  ["*:25", shown("0.0.0.0:2525"), false],
  ["*:25", shown("127.0.0.1:25"), false],
  ["*:25", shown("0.0.0.0:25", "exim4"), false],
  ["192.0.2.1:25", shown("192.0.2.1:25"), true],
  ["192.0.2.1:25", shown("192x0x2x1:25"), false],
  ["[2001:db8::1]:25", shown("[2001:db8::1]:25"), true],
  ["[2001:db8::1]:25", shown("2"), false],
  ["[2001:DB8:0::1]:25", shown("[2001:db8::1]:25"), true],
  ["[2001:DB8:0::1]:25", shown("[2001:db8::1]:2525"), false],
])("whether %s is served by %s: %s", (socket, sockets, served) => {
  expect(listens(socket, sockets)).toBe(served);
});

describe("a service of this machine", async () => {
  const certificate = await makeCertificate("mail.domain.tld");
  const digest = `sha256 Fingerprint=${new X509Certificate(certificate.certificate).fingerprint256}\n`;
  /** Greets, waits for the other side to go, and does not mind how it does. */
  const greet = (socket: Socket) => socket.on("error", () => {}).write("220 mail.domain.tld ESMTP\r\n");
  const clear = () => createServer(greet);
  const inTls = () => createTlsServer({ cert: certificate.certificate, key: certificate.privateKey }, greet);

  /** What a function of the shell prints of a service that is on while it runs. */
  async function ask(service: Server, host: string, call: (socket: string) => string): Promise<string> {
    service.listen(0, host.replaceAll(/[[\]]/g, ""));
    await once(service, "listening");
    const address = service.address();
    const port = typeof address === "object" ? address?.port : undefined;
    try {
      const shell = promisify(execFile)("sh", ["-s"], { timeout: 20_000 });
      shell.child.stdin?.end(`${COMMON_SHELL}\n${call(`${host}:${port}`)} || true`);
      return (await shell).stdout;
    } finally {
      service.close();
    }
  }

  test.each(["127.0.0.1", "[::1]"])("is heard on %s, in clear and inside TLS", async (host) => {
    const greeting = "220 mail.domain.tld ESMTP\r\n";
    expect(await ask(clear(), host, (socket) => `banner '${socket}'`)).toBe(greeting);
    expect(await ask(inTls(), host, (socket) => `banner 'tls:${socket}'`)).toBe(greeting);
  });

  test("is not heard inside TLS where it speaks in clear", async () => {
    expect(await ask(clear(), "127.0.0.1", (socket) => `banner 'tls:${socket}'`)).toBe("");
  });

  test("shows the certificates of a file, or it does not", async () => {
    const intermediate = await makeCertificate("intermediate");
    const [leaf, renewed] = [
      await makeCertificate("mail.domain.tld", { issuer: intermediate }),
      await makeCertificate("intermediate"),
    ];
    const shown = `${leaf.certificate}\n${intermediate.certificate}\n`;
    const service = () => createTlsServer({ cert: shown, key: leaf.privateKey }, greet);
    const file = join(folder(), "chain.pem");
    const isShown = async (text: string, server: Server = service()): Promise<boolean> => {
      writeFileSync(file, text);
      const call = (socket: string) => `shows_certificates_of ${file} 'tls:${socket}' smtp && echo yes`;
      return (await ask(server, "127.0.0.1", call)) === "yes\n";
    };
    expect(await isShown(`${leaf.privateKey}${shown.replaceAll("\n", "\r\n")}`)).toBe(true);
    expect(await isShown(leaf.certificate)).toBe(true);
    expect(await isShown(`${leaf.certificate}\n${renewed.certificate}\n`)).toBe(false);
    expect(await isShown(certificate.certificate)).toBe(false);
    expect(await isShown("nothing")).toBe(false);
    expect(await isShown(shown, clear())).toBe(false);
  });

  test("shows its certificate", async () => {
    const shown = (socket: string) => `shown_certificate 'tls:${socket}' smtp`;
    expect(await ask(inTls(), "127.0.0.1", shown)).toBe(digest);
    expect(await ask(clear(), "127.0.0.1", shown)).toBe("");
  });
});

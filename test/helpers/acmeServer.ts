import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Lab } from "../../tools/testhost/lab.ts";
import { ensurePebble } from "../../tools/testhost/pebble.ts";
import { waitUntil } from "../../tools/testhost/waiting.ts";
import { makeCertificate, type TestCertificate } from "../unit/components/certificates.ts";
import { makeTemporaryFolder } from "./temporaryFolder.ts";

/** A certificate authority with an ACME directory, at this machine's address in a lab. */
export interface AcmeServer {
  /** The URL of its directory. */
  readonly directory: string;
  /** The certificate of its HTTPS server, which has signed itself, and its key. */
  readonly https: TestCertificate;
  /** The root of the certificates that it issues, PEM. */
  readonly root: string;
  /** How many certificates it has issued. */
  issued(): number;
  /** What it answers at a URL. */
  fetch(url: string): Promise<string>;
  stop(): Promise<void>;
}

export interface AcmeServerOptions {
  /** @default 14000 */
  readonly port?: number;
  /**
   * Where it looks names up.
   *
   * @default - the lab's name server
   */
  readonly nameServer?: string;
}

/** Starts Pebble. It visits the hosts of the lab on port 80. */
export async function startAcmeServer(lab: Lab, options: AcmeServerOptions = {}): Promise<AcmeServer> {
  const { port = 14_000, nameServer = lab.gateway } = options;
  const program = await ensurePebble();
  const https = await makeCertificate("pebble", { names: [lab.gateway], to: 90 });
  const folder = makeTemporaryFolder("pebble");
  const file = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
    return join(folder, name);
  };
  const management = `${lab.gateway}:${port + 1000}`;
  const settings = {
    listenAddress: `${lab.gateway}:${port}`,
    managementListenAddress: management,
    certificate: file("certificate.pem", https.certificate),
    privateKey: file("key.pem", https.privateKey),
    httpPort: 80,
    tlsPort: 443,
  };
  const config = file("pebble.json", JSON.stringify({ pebble: settings }));
  const server = spawn(program, ["-config", config, "-dnsserver", `${nameServer}:53`], {
    // Without a delay of its own, and without refusals and challenges left out at random.
    env: { ...process.env, PEBBLE_VA_NOSLEEP: "1", PEBBLE_WFE_NONCEREJECT: "0", PEBBLE_AUTHZREUSE: "0" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log = recordLog(server);
  const ready = (): true | undefined => {
    if (server.exitCode !== null) throw new Error(`Pebble ended:\n${log()}`);
    return /ACME directory available/.test(log()) ? true : undefined;
  };
  const fetch = (url: string) => fetchText(url, https.certificate);
  await waitUntil(ready, { what: "Pebble", timeoutMs: 60_000 });
  return {
    directory: `https://${lab.gateway}:${port}/dir`,
    https,
    root: await fetch(`https://${management}/roots/0`),
    fetch,
    issued: () => log().match(/Issued certificate/g)?.length ?? 0,
    async stop() {
      if (server.exitCode === null && server.signalCode === null) {
        const ended = once(server, "exit");
        server.kill();
        await ended;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function recordLog({ stdout, stderr }: ChildProcess): () => string {
  let log = "";
  for (const stream of [stdout, stderr]) {
    stream?.on("data", (data) => {
      log += String(data);
    });
  }
  return () => log;
}

/** Pebble answers nobody without a User-Agent. */
function fetchText(url: string, authority: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { ca: authority, headers: { "user-agent": "test" } }, (response) =>
      text(response).then(resolve, reject),
    ).once("error", reject);
  });
}

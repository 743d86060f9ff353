import { createHash } from "node:crypto";
import type ssh2 from "ssh2";
import { OperationError } from "../protocol/resource.ts";
import type { Outcome } from "./connection.ts";
import { ChannelRefused, HostUnreachable } from "./errors.ts";
import { readPrivateKey, type SshTarget } from "./target.ts";
import type { Transport } from "./transport.ts";

const DIAL_TIMEOUT_MS = 15_000;
const KEEPALIVE_MS = 15_000;

/** One SSH connection for all resources of a host, dialled at the first command. */
export class SshTransport implements Transport {
  readonly user: string;
  readonly userSetting = "mailhost:target.user";
  readonly #target: SshTarget;
  #client: Promise<ssh2.Client> | undefined;

  constructor(target: SshTarget) {
    this.#target = target;
    this.user = target.user;
  }

  async execute(command: string, stdin: string): Promise<Outcome> {
    // A dial that failed is not tried again: each of many resources would wait for it to fail once more.
    this.#client ??= this.#dial();
    return execute(await this.#client, command, stdin);
  }

  close(): void {
    this.#client?.then((client) => client.end()).catch(() => {});
  }

  async #dial(): Promise<ssh2.Client> {
    const client = await dial(this.#target);
    client.once("close", () => {
      this.#client = undefined;
    });
    return client;
  }
}

async function dial(target: SshTarget): Promise<ssh2.Client> {
  const pinned = target.hostKeys.map(parseHostKey);
  const privateKey = readPrivateKey(target);
  const agent = privateKey === undefined ? process.env.SSH_AUTH_SOCK || undefined : undefined;
  if (privateKey === undefined && agent === undefined) {
    throw new OperationError(
      "there is no SSH key to log in with: set mailhost:target.privateKeyFile or the secret mailhost:targetPrivateKey, or start an SSH agent (SSH_AUTH_SOCK)",
    );
  }
  // Large, and a deployment on this machine needs none of it.
  const { default: ssh2 } = await import("ssh2");
  const client = new ssh2.Client();
  let presented: Buffer | undefined;
  return new Promise<ssh2.Client>((resolve, reject) => {
    client.once("ready", () => {
      // Without it each command waits for a delayed acknowledgement: 100 ms instead of 9.
      client.setNoDelay(true);
      resolve(client);
    });
    client.on("error", (error) => reject(explain(error, target, pinned, presented)));
    client.once("close", () => reject(unreachable(target, "it closed the connection before log-in")));
    try {
      client.connect({
        host: target.address,
        port: target.port,
        username: target.user,
        ...(privateKey === undefined ? {} : { privateKey }),
        ...(agent === undefined ? {} : { agent }),
        readyTimeout: DIAL_TIMEOUT_MS,
        keepaliveInterval: KEEPALIVE_MS,
        algorithms: { serverHostKey: pinned.flatMap(({ type }) => signatureAlgorithms(type)) },
        hostVerifier: (key: Buffer) => {
          presented = key;
          return pinned.some((hostKey) => hostKey.blob.equals(key));
        },
      });
    } catch (error) {
      reject(explain(error as Error, target, pinned, presented));
    }
  });
}

function execute(client: ssh2.Client, command: string, stdin: string): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const broken = () => reject(new HostUnreachable("the connection to the host broke while a command ran"));
    client.once("close", broken);
    client.exec(command, (error, channel) => {
      if (error !== undefined) {
        client.off("close", broken);
        const Refusal = "reason" in error ? ChannelRefused : HostUnreachable;
        reject(new Refusal(`the host refused a command: ${error.message}`));
        return;
      }
      const stdout: Buffer[] = [];
      const stderr: Buffer[] = [];
      let code = 255;
      channel.on("data", (data: Buffer) => stdout.push(data));
      channel.stderr.on("data", (data: Buffer) => stderr.push(data));
      channel.on("exit", (exitCode: number | null) => {
        code = exitCode ?? 128;
      });
      channel.on("close", () => {
        client.off("close", broken);
        resolve({ code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
      });
      channel.end(stdin);
    });
  });
}

interface HostKey {
  type: string;
  blob: Buffer;
}

function parseHostKey(text: string): HostKey {
  const [type, blob] = text.trim().split(/\s+/);
  if (type === undefined || blob === undefined || !/^(ssh|ecdsa)-/.test(type)) {
    throw new OperationError(
      `mailhost:target.hostKey ${JSON.stringify(text)} is no public key; it must look like "ssh-ed25519 AAAA..." (the host's /etc/ssh/ssh_host_ed25519_key.pub)`,
    );
  }
  return { type, blob: Buffer.from(blob, "base64") };
}

/** The server must present a key of the pinned type, else a host with several keys shows one that is not pinned. */
function signatureAlgorithms(type: string): ssh2.ServerHostKeyAlgorithm[] {
  return (type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [type]) as ssh2.ServerHostKeyAlgorithm[];
}

function where({ address, port, user }: SshTarget): string {
  return `${user}@${address} port ${port}`;
}

/** Says which configuration key to change. Never quotes a key. */
function explain(error: Error & { level?: string }, target: SshTarget, pinned: HostKey[], presented?: Buffer): Error {
  const place = where(target);
  if (presented !== undefined && !pinned.some(({ blob }) => blob.equals(presented))) {
    const fingerprint = createHash("sha256").update(presented).digest("base64").replace(/=+$/, "");
    return new OperationError(
      `${place} presented a host key that is not pinned (SHA256:${fingerprint}), so nothing was sent. If the machine was reinstalled, put its new key into mailhost:target.hostKey; otherwise find out who answers there`,
    );
  }
  if (error.level === "client-authentication") {
    return new OperationError(
      `${place} refused the log-in: its authorized_keys must hold the key of mailhost:target.privateKeyFile (or mailhost:targetPrivateKey, or the SSH agent), for mailhost:target.user`,
    );
  }
  if (error.level === "agent") {
    return new OperationError(
      `the SSH agent (SSH_AUTH_SOCK) cannot be asked for a key for ${place} (${error.message}): start it, or set mailhost:target.privateKeyFile or the secret mailhost:targetPrivateKey`,
    );
  }
  if (/no matching host key/i.test(error.message)) {
    const types = pinned.map(({ type }) => type).join(", ");
    return new OperationError(`${place} has no host key of the pinned type (${types}): mailhost:target.hostKey`);
  }
  if (/parse|passphrase|private key/i.test(error.message)) {
    return new OperationError(
      `the private key for ${place} cannot be used (${error.message}): mailhost:target.privateKeyFile or mailhost:targetPrivateKey must be an unencrypted OpenSSH or PEM key; keep an encrypted one in the SSH agent`,
    );
  }
  return unreachable(target, error.message);
}

function unreachable(target: SshTarget, reason: string): HostUnreachable {
  return new HostUnreachable(
    `${where(target)} cannot be reached (${reason}): mailhost:target.address, mailhost:target.port. To work without the host, set MAILHOST_UNREACHABLE=keep-state`,
  );
}

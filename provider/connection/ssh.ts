import { createHash, randomUUID } from "node:crypto";
import ssh2 from "ssh2";
import { OperationError } from "../protocol/resource.ts";
import type { Connection, Outcome, RunOptions } from "./connection.ts";
import { HostUnreachable } from "./errors.ts";
import { readPrivateKey, type Target } from "./target.ts";

/** sshd_config(5) MaxSessions is 10 by default and counts every channel; the rest wait here. */
const MAX_CHANNELS = 8;
const DIAL_TIMEOUT_MS = 15_000;
const KEEPALIVE_MS = 15_000;

interface Session {
  client: ssh2.Client;
  user: string;
}

/** One SSH connection for all resources of a host, dialled at the first command. */
export class SshConnection implements Connection {
  readonly #resolveTarget: () => Target;
  readonly #waiting: (() => void)[] = [];
  #session: Promise<Session> | undefined;
  #openChannels = 0;
  #closed = false;

  /** @param resolveTarget decides where to dial, at the moment of dialling */
  constructor(resolveTarget: () => Target) {
    this.#resolveTarget = resolveTarget;
  }

  async run(script: string, { detached = false }: RunOptions = {}): Promise<Outcome> {
    // A dial that failed is not tried again: each of many resources would wait for it to fail once more.
    this.#session ??= this.#dial();
    const { client, user } = await this.#session;
    await this.#channelSlot();
    try {
      if (this.#closed) throw new OperationError("the deployment was cancelled");
      return mayBeRoot(user, await execute(client, shellCommand(user, detached), script));
    } catch (error) {
      if (this.#closed) throw new OperationError("the deployment was cancelled; what had begun on the host goes on");
      throw error;
    } finally {
      this.#openChannels -= 1;
      this.#waiting.shift()?.();
    }
  }

  close(): void {
    this.#closed = true;
    this.#session?.then(({ client }) => client.end()).catch(() => {});
  }

  async #dial(): Promise<Session> {
    const target = this.#resolveTarget();
    const client = await dial(target);
    client.once("close", () => {
      this.#session = undefined;
    });
    return { client, user: target.user };
  }

  async #channelSlot(): Promise<void> {
    while (this.#openChannels >= MAX_CHANNELS) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#openChannels += 1;
  }
}

/** The command that runs, as root, the script on its standard input. */
function shellCommand(user: string, detached: boolean): string {
  const unit = `mailhost-change-${randomUUID()}`;
  const shell = detached ? `systemd-run --quiet --pipe --wait --collect --unit=${unit} sh -s` : "sh -s";
  return user === "root" ? shell : `sudo -n ${shell}`;
}

/** sudo(8) says itself that it refuses; where there is none, the log-in shell says so. */
function mayBeRoot(user: string, outcome: Outcome): Outcome {
  const refused = outcome.code !== 0 && /^sudo: |\bsudo: .*not found/m.test(outcome.stderr);
  if (user === "root" || !refused) return outcome;
  throw new OperationError(
    `mailhost:target.user: ${user} may not become root without a password (${outcome.stderr.trim()}): give ${user} "NOPASSWD: ALL" in the host's /etc/sudoers.d, or log in as root`,
  );
}

function dial(target: Target): Promise<ssh2.Client> {
  const pinned = target.hostKeys.map(parseHostKey);
  const privateKey = readPrivateKey(target);
  const agent = privateKey === undefined ? process.env.SSH_AUTH_SOCK || undefined : undefined;
  if (privateKey === undefined && agent === undefined) {
    throw new OperationError(
      "there is no SSH key to log in with: set mailhost:target.privateKeyFile or the secret mailhost:targetPrivateKey, or start an SSH agent (SSH_AUTH_SOCK)",
    );
  }
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

function execute(client: ssh2.Client, command: string, script: string): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const broken = () => reject(new HostUnreachable("the connection to the host broke while a command ran"));
    client.once("close", broken);
    client.exec(command, (error, channel) => {
      if (error !== undefined) {
        client.off("close", broken);
        reject(new HostUnreachable(`the host refused a command: ${error.message}`));
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
      channel.end(script);
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

function where({ address, port, user }: Target): string {
  return `${user}@${address} port ${port}`;
}

/** Says which configuration key to change. Never quotes a key. */
function explain(error: Error & { level?: string }, target: Target, pinned: HostKey[], presented?: Buffer): Error {
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

function unreachable(target: Target, reason: string): HostUnreachable {
  return new HostUnreachable(
    `${where(target)} cannot be reached (${reason}): mailhost:target.address, mailhost:target.port. To work without the host, set MAILHOST_UNREACHABLE=keep-state`,
  );
}

import { createHash } from "node:crypto";
import type ssh2 from "ssh2";
import { OperationError } from "../protocol/resource.ts";
import type { Outcome } from "./connection.ts";
import { ChannelRefused, HostUnreachable } from "./errors.ts";
import { readPrivateKey, type SshServer, type SshTarget } from "./target.ts";
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

/** Through the jump host, where there is one; its connection ends with that to the host. */
async function dial(target: SshTarget): Promise<ssh2.Client> {
  const jumpHost = jumpHostOf(target);
  if (jumpHost === undefined) return logIn(hostOf(target));
  const jump = await logIn(jumpHost);
  try {
    const client = await logIn({ ...hostOf(target), channel: await forward(jump, jumpHost, target) });
    client.once("close", () => jump.end());
    return client;
  } catch (error) {
    jump.end();
    throw error;
  }
}

/** An sshd to log in to, and what messages say of it. */
interface Destination {
  server: SshServer;
  /** `root@192.0.2.1 port 22` */
  place: string;
  /** The configuration key of the server. */
  setting: string;
  /** The configuration key of the file with the private key. */
  keyFileSetting: string;
  /** The way there, where it is not a connection of its own. */
  channel?: ssh2.ClientChannel;
}

const SETTING = "mailhost:target";
const KEY_FILE_SETTING = `${SETTING}.privateKeyFile`;
const JUMP_SETTING = `${SETTING}.proxyJump`;

function hostOf(server: SshServer): Destination {
  return { server, place: where(server), setting: SETTING, keyFileSetting: KEY_FILE_SETTING };
}

/** It is given the key of the host unless it has one of its own. */
function jumpHostOf(target: SshTarget): Destination | undefined {
  const { proxyJump, privateKeyFile, privateKey } = target;
  if (proxyJump === undefined) return undefined;
  const isOwnKey = proxyJump.privateKeyFile !== undefined;
  return {
    server: isOwnKey ? proxyJump : { ...proxyJump, privateKeyFile, privateKey },
    place: `the jump host ${where(proxyJump)}`,
    setting: JUMP_SETTING,
    keyFileSetting: isOwnKey ? `${JUMP_SETTING}.privateKeyFile` : KEY_FILE_SETTING,
  };
}

function keySettings({ keyFileSetting }: Destination): string {
  return keyFileSetting === KEY_FILE_SETTING
    ? `${keyFileSetting} or the secret mailhost:targetPrivateKey`
    : keyFileSetting;
}

/** RFC 4254, 5.1. */
const ADMINISTRATIVELY_PROHIBITED = 1;

function forward(jump: ssh2.Client, jumpHost: Destination, target: SshTarget): Promise<ssh2.ClientChannel> {
  return new Promise((resolve, reject) => {
    jump.forwardOut("127.0.0.1", 0, target.address, target.port, (error, channel) => {
      if (error === undefined) resolve(channel);
      else if ("reason" in error && error.reason === ADMINISTRATIVELY_PROHIBITED) {
        reject(
          new OperationError(
            `${jumpHost.place} does not forward to ${target.address} port ${target.port}: its sshd must allow it (AllowTcpForwarding, PermitOpen in /etc/ssh/sshd_config there, \`restrict\` and \`permitopen\` in authorized_keys)`,
          ),
        );
      } else reject(unreachable(hostOf(target), `from ${jumpHost.place}: ${error.message}`));
    });
  });
}

async function logIn(destination: Destination): Promise<ssh2.Client> {
  const { server, setting, channel } = destination;
  const pinned = server.hostKeys.map((key) => parseHostKey(key, setting));
  const privateKey = readPrivateKey(server, destination.keyFileSetting);
  const agent = privateKey === undefined ? process.env.SSH_AUTH_SOCK || undefined : undefined;
  if (privateKey === undefined && agent === undefined) {
    throw new OperationError(
      `there is no SSH key to log in with: set ${keySettings(destination)}, or start an SSH agent (SSH_AUTH_SOCK)`,
    );
  }
  // Large, and a deployment on this machine needs none of it.
  const { default: ssh2 } = await import("ssh2");
  const client = new ssh2.Client();
  let presented: Buffer | undefined;
  return new Promise<ssh2.Client>((resolve, reject) => {
    client.once("ready", () => {
      // Without it each command waits for a delayed acknowledgement: 100 ms instead of 9.
      if (channel === undefined) client.setNoDelay(true);
      resolve(client);
    });
    client.on("error", (error) => reject(explain(error, destination, pinned, presented)));
    client.once("close", () => reject(unreachable(destination, "it closed the connection before log-in")));
    try {
      client.connect({
        ...(channel === undefined ? { host: server.address, port: server.port } : { sock: channel }),
        username: server.user,
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
      reject(explain(error as Error, destination, pinned, presented));
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

function parseHostKey(text: string, setting: string): HostKey {
  const [type, blob] = text.trim().split(/\s+/);
  if (type === undefined || blob === undefined || !/^(ssh|ecdsa)-/.test(type)) {
    throw new OperationError(
      `${setting}.hostKey ${JSON.stringify(text)} is no public key; it must look like "ssh-ed25519 AAAA..." (the host's /etc/ssh/ssh_host_ed25519_key.pub)`,
    );
  }
  return { type, blob: Buffer.from(blob, "base64") };
}

/** The server must present a key of the pinned type, else a host with several keys shows one that is not pinned. */
function signatureAlgorithms(type: string): ssh2.ServerHostKeyAlgorithm[] {
  return (type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [type]) as ssh2.ServerHostKeyAlgorithm[];
}

function where({ address, port, user }: SshServer): string {
  return `${user}@${address} port ${port}`;
}

/** Says which configuration key to change. Never quotes a key. */
function explain(
  error: Error & { level?: string },
  destination: Destination,
  pinned: HostKey[],
  presented?: Buffer,
): Error {
  const { place, setting } = destination;
  const keys = keySettings(destination);
  if (presented !== undefined && !pinned.some(({ blob }) => blob.equals(presented))) {
    const fingerprint = createHash("sha256").update(presented).digest("base64").replace(/=+$/, "");
    return new OperationError(
      `${place} presented a host key that is not pinned (SHA256:${fingerprint}), so nothing was sent. If the machine was reinstalled, put its new key into ${setting}.hostKey; otherwise find out who answers there`,
    );
  }
  if (error.level === "client-authentication") {
    return new OperationError(
      `${place} refused the log-in: its authorized_keys must hold the key of ${keys}, or of the SSH agent, for ${setting}.user`,
    );
  }
  if (error.level === "agent") {
    return new OperationError(
      `the SSH agent (SSH_AUTH_SOCK) cannot be asked for a key for ${place} (${error.message}): start it, or set ${keys}`,
    );
  }
  if (/no matching host key/i.test(error.message)) {
    const types = pinned.map(({ type }) => type).join(", ");
    return new OperationError(`${place} has no host key of the pinned type (${types}): ${setting}.hostKey`);
  }
  if (/parse|passphrase|private key/i.test(error.message)) {
    return new OperationError(
      `the private key for ${place} cannot be used (${error.message}): ${keys} must be an unencrypted OpenSSH or PEM key; keep an encrypted one in the SSH agent`,
    );
  }
  return unreachable(destination, error.message);
}

function unreachable({ place, setting }: Destination, reason: string): HostUnreachable {
  return new HostUnreachable(
    `${place} cannot be reached (${reason}): ${setting}.address, ${setting}.port. To work without the host, set MAILHOST_UNREACHABLE=keep-state`,
  );
}

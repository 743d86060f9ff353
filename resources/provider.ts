import * as pulumi from "@pulumi/pulumi";

import type { ReleaseName as Release } from "../shared/releases/release.ts";

export type { Release };

/** How to reach the host. The shape of `mailhost:target` in the stack configuration. */
export type TargetArgs = SshTargetArgs | LocalTargetArgs;

/** The host is another machine. Its `address` and `hostKey` are required. */
export interface SshTargetArgs {
  /** @default "ssh" */
  connection?: "ssh";
  /** Name or address of the host. */
  address: pulumi.Input<string>;
  /**
   * TCP port of the host's sshd.
   *
   * @default 22
   */
  port?: pulumi.Input<number>;
  /**
   * Who logs in. Anyone but root works through `sudo -n`, so sudo must not ask for a password.
   *
   * @default "root"
   */
  user?: pulumi.Input<string>;
  /**
   * The host's public key or keys, as in `ssh-keyscan` or `/etc/ssh/ssh_host_ed25519_key.pub`.
   *
   * Any other key stops the run before anything is sent.
   *
   * @example "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA..."
   */
  hostKey: pulumi.Input<string | string[]>;
  /**
   * File with the private key on the operator's machine; `~` is expanded when dialling.
   *
   * @default - {@link SshTargetArgs.privateKey}, else the SSH agent (`SSH_AUTH_SOCK`)
   */
  privateKeyFile?: pulumi.Input<string>;
  /**
   * The private key itself, in OpenSSH or PEM form. A secret.
   *
   * @default - the SSH agent (`SSH_AUTH_SOCK`)
   */
  privateKey?: pulumi.Input<string>;
  /**
   * The jump host that the connection goes through, where the host cannot be reached from here: `ProxyJump` of
   * https://man.openbsd.org/ssh_config.5. `address` of the host is then one that the jump host can reach.
   *
   * @default - none
   */
  proxyJump?: ProxyJumpArgs;
}

/** A jump host. Its sshd must allow TCP forwarding to the host; nothing is run there. */
export interface ProxyJumpArgs {
  /** Name or address of the jump host. */
  address: pulumi.Input<string>;
  /**
   * TCP port of its sshd.
   *
   * @default 22
   */
  port?: pulumi.Input<number>;
  /** The user that logs in there. No rights are needed, and no shell. */
  user: pulumi.Input<string>;
  /**
   * The jump host's public key or keys, as in `ssh-keyscan`.
   *
   * Any other key stops the run before anything is sent.
   *
   * @example "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA..."
   */
  hostKey: pulumi.Input<string | string[]>;
  /**
   * File with the private key for the jump host on the operator's machine; `~` is expanded when dialling.
   *
   * @default - the key that logs in to the host itself
   */
  privateKeyFile?: pulumi.Input<string>;
}

/**
 * The host is the machine that deploys, where one is root or has `sudo` without password. Nothing else is given then.
 *
 * At another time the same host may be reached by SSH from elsewhere: that changes nothing on it.
 */
export interface LocalTargetArgs {
  connection: "local";
}

/** Arguments of {@link Provider}. */
export type ProviderArgs = TargetArgs & HostArgs;

/** What is said of a host beside how to reach it. */
export interface HostArgs {
  /** The release that the host must run; another one is refused at preview. */
  release: pulumi.Input<Release>;
  /**
   * The key of the stack configuration, without namespace, that holds the connection.
   *
   * When set, the provider dials what the environment variable `MAILHOST_TARGET` (JSON) or the stack's current
   * configuration says, so that a changed address or host key works in the very next preview; the arguments above
   * are the fallback. Leave it unset in a program with several hosts.
   *
   * @default - the arguments of this resource decide
   */
  configKey?: pulumi.Input<string>;
}

/** One host: all resources that are given this provider live on it and share one connection. */
export class Provider extends pulumi.ProviderResource {
  constructor(name: string, args: ProviderArgs, opts?: pulumi.ResourceOptions) {
    super(
      "mailhost",
      name,
      args.connection === "local" || args.privateKey === undefined
        ? args
        : { ...args, privateKey: pulumi.secret(args.privateKey) },
      opts,
    );
  }
}

import type { Chroot } from "../chroot.ts";
import type { ResolvedMailHost } from "../model/resolvedMailHost.ts";
import type { ByRelease, Release } from "../releases/release.ts";
import type { ConfigFile } from "./configFile.ts";
import type { ConfiguredLine } from "./origin.ts";

/** The listening sockets of a daemon, as `address:port`; `*` stands for every address. */
export interface DaemonListeners {
  readonly listen: readonly string[];
  /** Those on which TLS begins at once. */
  readonly tlsListen?: readonly string[] | undefined;
}

/** The configuration keys that a daemon's listeners come from, for messages. */
export interface ListenerKeys {
  /** Of the addresses. */
  readonly addresses: string;
  /** Of the listener on which TLS begins at once. */
  readonly tls?: string;
}

/**
 * When a changed file is swapped in: `early` files are named by others, `late` and `last` ones name others. The
 * certificate comes before all of them.
 */
export type SwapTurn = "early" | "late" | "last";

/**
 * A program that takes part in the mail host. Everything about it is here, for the program that describes the host and for the
 * provider that changes it: a new one is a folder of its own and a line in registry.ts.
 */
export interface Daemon {
  /** In lower-case letters: it names shell functions and the resource of its unit. */
  readonly name: string;
  /** Debian packages; the first is the one whose version is shown. */
  readonly packages: ByRelease<readonly string[]>;
  /** The version of its packages that the configuration is written for, as apt-get(8) takes it; absent: any. */
  readonly version?: ByRelease<string>;
  /** The systemd unit that starts, reloads and stops it, or the timer that runs it. */
  readonly unit: ByRelease<string>;
  /** Daemons that are activated before it, and started before it at a deployment. */
  readonly after: readonly string[];
  /** Whether it serves the whole host and so goes on when this configuration is removed. */
  readonly isShared: boolean;
  /** Whether the host needs it; absent: always. */
  isUsed?(host: ResolvedMailHost): boolean;
  /** Its configuration files. */
  files(host: ResolvedMailHost): ConfigFile[];
  /** Where its processes are confined. */
  readonly chroot?: Chroot;
  /** What is added to its systemd units. */
  unitDropIns?(host: ResolvedMailHost): ConfigFile[];
  /** Files whose change concerns it: paths, or with a slash or a dot at the end how they begin. */
  readonly concernedBy: readonly string[];
  /** Files that the configuration of the release before named: they go when this one is proven. */
  readonly leftovers?: ByRelease<readonly string[]>;
  /** Files that have a turn of their own in the swap: paths, or how they begin. */
  readonly swapTurns?: Readonly<Record<string, SwapTurn>>;
  /** The sockets that it must have; absent: none. */
  listeners?(host: ResolvedMailHost): DaemonListeners;
  readonly listenerKeys?: ListenerKeys;
  /** Names of the processes that hold its listening sockets. */
  readonly processes?: readonly string[];
  /** What its listeners speak before STARTTLS, where it reads key and certificate, wherever they lie. */
  readonly certificateProtocol?: "smtp" | "imap";
  /** What these texts of its files set, line by line: what its checkers complain of is looked up there. */
  readLines?(texts: Readonly<Record<string, string>>): ConfiguredLine[];
  /** What its hooks need to know of the release: `NAME_VARIABLE` in the shell. */
  hookVariables?(release: Release): Readonly<Record<string, string>>;
  /**
   * The text of its hooks, or the file with it: functions of sh(1) that run on the host when its configuration changes. One that
   * is left out does what provider/transaction/hooks.sh says. Each says on standard error what is wrong.
   *
   * - `NAME_check STAGE`: is the staged configuration sound? Nothing that opens a socket reaches a daemon unchecked;
   * - `NAME_is_original FILE`: is a live file of its configuration as the distribution has made it?
   * - `NAME_prepare STAGE`: prints `reload` or `restart`, whatever the staged change needs;
   * - `NAME_activate ACTION`: starts, reloads or restarts the daemon, and returns when it has read the configuration;
   * - `NAME_probe LISTENER...`: does it serve what it should? A listener is `ADDRESS:PORT`, or `tls:ADDRESS:PORT` where TLS
   *   begins at once;
   * - `NAME_probe_tls LISTENER...`: and inside TLS? Asked when all daemons have been activated;
   * - `NAME_log_file`: prints the file that it writes its log to itself, if it does;
   * - `NAME_messages MARK`: what it complained of since that moment of the log (`said_by`);
   * - `NAME_refusals MARK`: of that, what means that the configuration cannot work.
   */
  readonly hooks: string | URL;
}

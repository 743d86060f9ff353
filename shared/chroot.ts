/** What a copy of a file of the host is to be. */
export const AS_ON_HOST = "as on the host";

/** A directory that processes of a daemon see as the root of all files, with copies of what they need from outside. */
export interface Chroot {
  readonly directory: string;
  /** Files of the host of which the daemon's start makes copies, and nothing afterwards. */
  readonly copies: readonly string[];
  /** The systemd unit that renews copies as soon as their files change. */
  readonly watcher: string;
}

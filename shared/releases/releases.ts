import { dovecot23 } from "./dovecot23.ts";
import { dovecot24 } from "./dovecot24.ts";
import type { ByRelease, Release, ReleaseName } from "./release.ts";

/** The releases that a host may run. */
export const releases: ByRelease<Release> = {
  // Berkeley DB (hash, btree) is on its way out of Debian; lmdb comes with the package postfix-lmdb.
  debian13: { name: "debian13", follows: "debian12", mapType: "lmdb", dovecot: dovecot24 },
  // Its Postfix has hash built in.
  debian12: { name: "debian12", mapType: "hash", dovecot: dovecot23 },
};

export const releaseNames = Object.keys(releases) as [ReleaseName, ...ReleaseName[]];

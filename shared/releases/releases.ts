import { dovecot23 } from "./dovecot23.ts";
import { dovecot24 } from "./dovecot24.ts";
import type { ByRelease, Release, ReleaseName } from "./release.ts";

/** The releases that the package knows; what is not supported yet is refused in the settings. */
export const releases: ByRelease<Release> = {
  // Berkeley DB (hash, btree) is on its way out of Debian; lmdb comes with the package postfix-lmdb.
  debian13: { name: "debian13", isSupported: true, mapType: "lmdb", dovecot: dovecot24 },
  debian12: { name: "debian12", isSupported: false, mapType: "hash", dovecot: dovecot23 },
};

export const releaseNames = Object.keys(releases) as ReleaseName[];

/** The Debian release of a host; it decides the configuration dialect and the Postfix map type. */
export type Release = "debian13" | "debian12";

/** What differs between the Debian releases, as far as texts are concerned. */
export interface ReleaseTraits {
  /** Folder of Dovecot's templates below `files/dovecot`. */
  readonly dovecotDialect: "2.4";
  /** Type of the compiled Postfix tables, see postconf(5), DATABASE_README. */
  readonly mapType: "lmdb";
}

/** The releases that have templates. */
export type SupportedRelease = Extract<Release, "debian13">;

export const releaseTraits: Readonly<Record<SupportedRelease, ReleaseTraits>> = {
  // Berkeley DB (hash, btree) is on its way out of Debian; lmdb comes with the package postfix-lmdb.
  debian13: { dovecotDialect: "2.4", mapType: "lmdb" },
};

import type { DovecotDialect } from "./dovecotDialect.ts";

/** The Debian release of a host; it decides the configuration dialect and the Postfix map type. */
export type ReleaseName = "debian13" | "debian12";

/** A value for each release: one that is forgotten does not compile. */
export type ByRelease<Value> = Readonly<Record<ReleaseName, Value>>;

/** Type of the compiled Postfix tables, see postconf(5), DATABASE_README. */
export type MapType = "lmdb" | "hash";

/** What differs between the Debian releases. What one daemon alone has (packages, units) is in its module. */
export interface Release {
  readonly name: ReleaseName;
  /** The release that a host is upgraded from in place. */
  readonly follows?: ReleaseName;
  readonly mapType: MapType;
  readonly dovecot: DovecotDialect;
}

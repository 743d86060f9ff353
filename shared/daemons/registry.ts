import type { ResolvedMailHost } from "../model/resolvedMailHost.ts";
import type { ReleaseName } from "../releases/release.ts";
import type { ConfigFile } from "./configFile.ts";
import type { Daemon } from "./daemon.ts";
import { dovecot } from "./dovecot/dovecot.ts";
import { lego } from "./lego/lego.ts";
import { logrotate } from "./logrotate/logrotate.ts";
import { postfix } from "./postfix/postfix.ts";
import { postsrsd } from "./postsrsd/postsrsd.ts";
import { rspamd } from "./rspamd/rspamd.ts";
import { rsyslog } from "./rsyslog/rsyslog.ts";

/** All daemons of a mail host. */
const registered = [dovecot, postfix, rspamd, postsrsd, lego, rsyslog, logrotate] as const satisfies readonly Daemon[];

/** A Debian package that a mail host can need. */
export type DebianPackage = (typeof registered)[number]["packages"][ReleaseName][number];

/** Package to the version that is demanded; for any other, whatever the host has or Debian offers. */
export type PackageVersions = Readonly<Partial<Record<DebianPackage, string>>>;

/** The daemons in the order of their activation. */
export const daemons: readonly Daemon[] = inOrderOfActivation(registered);

/** Those of a host, in the same order. */
export function daemonsOf(host: ResolvedMailHost): Daemon[] {
  return daemons.filter(({ isUsed = () => true }) => isUsed(host));
}

/** Debian packages of these daemons, sorted. */
export function packagesOf(some: readonly Daemon[], release: ReleaseName): DebianPackage[] {
  return some.flatMap(({ packages }) => packages[release] as readonly DebianPackage[]).toSorted();
}

/** Each Debian package of these daemons to its version: the one that is demanded, or that the daemon's configuration is for. */
export function packageVersions(
  some: readonly Daemon[],
  release: ReleaseName,
  demanded: PackageVersions,
): Record<string, string> {
  return Object.fromEntries(
    packagesOf(some, release).map((name) => {
      const owner = some.find(({ packages }) => packages[release].includes(name));
      return [name, demanded[name] ?? owner?.version?.[release] ?? "*"];
    }),
  );
}

/** Every configuration file of the host that holds no secret: first of the daemons that serve mail alone. */
export function renderConfigFiles(host: ResolvedMailHost): ConfigFile[] {
  const used = registered.filter((daemon: Daemon) => daemonsOf(host).includes(daemon));
  const [own, shared] = [used.filter(({ isShared }) => !isShared), used.filter(({ isShared }) => isShared)];
  return [
    ...own.flatMap((daemon) => daemon.files(host)),
    ...own.flatMap((daemon: Daemon) => daemon.unitDropIns?.(host) ?? []),
    ...shared.flatMap((daemon) => daemon.files(host)),
  ];
}

/** Each daemon as soon as those that come before it are there. */
function inOrderOfActivation(all: readonly Daemon[]): Daemon[] {
  const ordered: Daemon[] = [];
  const enter = (daemon: Daemon) => {
    for (const other of all) if (daemon.after.includes(other.name)) enter(other);
    if (!ordered.includes(daemon)) ordered.push(daemon);
  };
  for (const daemon of all.toSorted((a, b) => Number(b.isShared) - Number(a.isShared))) enter(daemon);
  return ordered;
}

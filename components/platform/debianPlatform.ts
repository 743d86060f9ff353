import * as pulumi from "@pulumi/pulumi";
import { Account, ChrootFiles, Packages, Service } from "../../resources/index.ts";
import { doveauth, vmail } from "../../shared/accounts.ts";
import { AS_ON_HOST, type Chroot } from "../../shared/chroot.ts";
import type { Daemon } from "../../shared/daemons/daemon.ts";
import { dovecot } from "../../shared/daemons/dovecot/dovecot.ts";
import { postfix } from "../../shared/daemons/postfix/postfix.ts";
import { daemonsOf, type PackageVersions, packageVersions } from "../../shared/daemons/registry.ts";
import type { ResolvedMailHost } from "../../shared/model/resolvedMailHost.ts";
import type { ReleaseName } from "../../shared/releases/release.ts";
import type { MailPlatform, Versions } from "./mailPlatform.ts";

/** Debian with its own packages, run by systemd. */
export class DebianPlatform implements MailPlatform {
  readonly foundation: readonly pulumi.Resource[];
  readonly versions: pulumi.Output<Versions>;
  readonly #name: string;
  readonly #opts: pulumi.CustomResourceOptions;
  readonly #daemons: readonly Daemon[];
  readonly #release: ReleaseName;

  /**
   * @param name Prefix of the names of all resources
   * @param host What the daemons are to be
   * @param versions Versions that are demanded
   * @param opts Parent and provider of all resources
   */
  constructor(name: string, host: ResolvedMailHost, versions: PackageVersions, opts: pulumi.CustomResourceOptions) {
    this.#name = name;
    this.#opts = opts;
    this.#daemons = daemonsOf(host);
    this.#release = host.release.name;
    const installed = new Packages(
      `${name}-packages`,
      { packages: packageVersions(this.#daemons, this.#release, versions) },
      opts,
    );
    // Dovecot's package makes the group that doveauth belongs to.
    const afterPackages = { ...opts, dependsOn: installed };
    const accounts = [vmail, doveauth].map((account) => new Account(`${name}-${account.name}`, account, afterPackages));
    this.foundation = [installed, ...accounts];
    this.versions = pulumi.all([installed.system, installed.versions]).apply(([system, versions]) => ({
      debian: system,
      postfix: versions[postfix.packages[host.release.name][0]] ?? "not installed",
      dovecot: versions[dovecot.packages[host.release.name][0]] ?? "not installed",
    }));
  }

  run(configuration: readonly pulumi.Resource[]): readonly pulumi.Resource[] {
    const services = new Map<string, Service>();
    for (const { name, unit, after, isShared, chroot } of this.#daemons) {
      const before = after.flatMap((other) => services.get(other) ?? []);
      const opts = { ...this.#opts, dependsOn: [...configuration, ...before] };
      const service = new Service(`${this.#name}-${name}`, { unit: unit[this.#release] }, opts);
      // What serves the whole host is there without us: nothing waits for it.
      if (!isShared) services.set(name, service);
      if (chroot !== undefined) this.#keepChroot(name, unit[this.#release], chroot, service);
    }
    return [...services.values()];
  }

  /** A daemon makes its copies when it starts; from then on they are to follow their files. */
  #keepChroot(daemon: string, unit: string, { directory, copies, watcher }: Chroot, service: Service): void {
    const opts = { ...this.#opts, dependsOn: service };
    new Service(`${this.#name}-${daemon}-chroot-watcher`, { unit: watcher }, opts);
    const files = Object.fromEntries(copies.map((path) => [path, AS_ON_HOST] as const));
    new ChrootFiles(`${this.#name}-${daemon}-chroot`, { root: directory, files, unit }, opts);
  }
}

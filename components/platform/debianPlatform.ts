import * as pulumi from "@pulumi/pulumi";
import { Account, Packages, Service } from "../../resources/index.ts";
import { doveauth, vmail } from "../../shared/accounts.ts";
import type { ResolvedMailHost } from "../../shared/model/resolvedMailHost.ts";
import { debianPackages, type PackageVersions } from "../../shared/releases/debianPackages.ts";
import type { MailPlatform, Versions } from "./mailPlatform.ts";

/** Debian with its own packages, run by systemd. */
export class DebianPlatform implements MailPlatform {
  readonly foundation: readonly pulumi.Resource[];
  readonly versions: pulumi.Output<Versions>;
  readonly #name: string;
  readonly #opts: pulumi.CustomResourceOptions;
  readonly #usesSyslog: boolean;

  /**
   * @param name Prefix of the names of all resources
   * @param host What the daemons are to be
   * @param versions Versions that are demanded
   * @param opts Parent and provider of all resources
   */
  constructor(name: string, host: ResolvedMailHost, versions: PackageVersions, opts: pulumi.CustomResourceOptions) {
    this.#name = name;
    this.#opts = opts;
    this.#usesSyslog = host.logging.method === "syslog";

    const wanted = debianPackages.filter((name) => name !== "rsyslog" || this.#usesSyslog);
    const installed = new Packages(
      `${name}-packages`,
      { packages: Object.fromEntries(wanted.map((name) => [name, versions[name] ?? "*"])) },
      opts,
    );
    // Dovecot's package makes the group that doveauth belongs to.
    const afterPackages = { ...opts, dependsOn: installed };
    const accounts = [vmail, doveauth].map((account) => new Account(`${name}-${account.name}`, account, afterPackages));
    this.foundation = [installed, ...accounts];
    this.versions = pulumi.all([installed.system, installed.versions]).apply(([system, versions]) => ({
      debian: system,
      postfix: versions.postfix ?? "not installed",
      dovecot: versions["dovecot-core"] ?? "not installed",
    }));
  }

  run(configuration: readonly pulumi.Resource[]): readonly pulumi.Resource[] {
    const dependsOn = [...configuration];
    if (this.#usesSyslog) {
      new Service(`${this.#name}-rsyslog`, { unit: "rsyslog.service" }, { ...this.#opts, dependsOn });
    }
    new Service(`${this.#name}-logrotate`, { unit: "logrotate.timer" }, { ...this.#opts, dependsOn });
    // Postfix first: it makes the directory of the sockets that Dovecot opens for it.
    const postfix = new Service(`${this.#name}-postfix`, { unit: "postfix.service" }, { ...this.#opts, dependsOn });
    const dovecot = new Service(
      `${this.#name}-dovecot`,
      { unit: "dovecot.service" },
      { ...this.#opts, dependsOn: [...dependsOn, postfix] },
    );
    return [postfix, dovecot];
  }
}

import type { Chroot } from "../../chroot.ts";
import type { ResolvedMailHost } from "../../model/resolvedMailHost.ts";
import type { ByRelease } from "../../releases/release.ts";
import { renderTemplate } from "../../templates.ts";
import { type ConfigFile, publicFile } from "../configFile.ts";

const nameServers = "/etc/resolv.conf";

/** What /usr/lib/postfix/configure-instance.sh copies when Postfix starts. */
const others = ["localtime", "services", "hosts", "host.conf", "nsswitch.conf", "nss_mdns.config"].map(
  (name) => `/etc/${name}`,
);

export const postfixChroot: Chroot = {
  directory: "/var/spool/postfix",
  copies: [nameServers, ...others],
  watcher: "postfix-resolvconf.path",
};

/** What makes the copies: on Debian 13, `postfix check` has that done. */
const copyCommand: ByRelease<string> = {
  debian13: "postfix check",
  debian12: "/usr/lib/postfix/configure-instance.sh -",
};

/** What is added to the watcher and to the unit that it starts (systemd.unit(5), drop-in files), and the one that does the work. */
export function renderWatcherUnits({ release }: Pick<ResolvedMailHost, "release">): ConfigFile[] {
  return [
    "postfix-resolvconf.path.d/mailhost.conf",
    "postfix-resolvconf.service.d/mailhost.conf",
    "mailhost-postfix-chroot.service",
  ].map((name) => {
    const path = `/etc/systemd/system/${name}`;
    return publicFile(path, renderTemplate(`systemd${path}`, { others, copy: copyCommand[release.name] }));
  });
}

import type { Chroot } from "../../chroot.ts";
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

/** What is added to the watcher, and to the unit that it starts: see systemd.unit(5), drop-in files. */
export function renderWatcherDropIns(): ConfigFile[] {
  return ["path", "service"].map((kind) => {
    const path = `/etc/systemd/system/postfix-resolvconf.${kind}.d/mailhost.conf`;
    return publicFile(path, renderTemplate(`systemd${path}`, { others }));
  });
}

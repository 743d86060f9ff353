import type { TestHost } from "./host.ts";
import type { CommandResult } from "./processes.ts";

/** Runs Debian's own upgrade from 12 to 13 on a host, as docs/upgrade-debian.md has it, and says how that ended. */
export function upgradeDebian(host: TestHost): Promise<CommandResult> {
  return host.run(`
    export DEBIAN_FRONTEND=noninteractive
    sed -i 's/bookworm/trixie/g' /etc/apt/sources.list
    apt-get -q update && apt-get -q -y -o Dpkg::Options::=--force-confold full-upgrade`);
}

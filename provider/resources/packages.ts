import { z } from "zod";
import { daemons } from "../../shared/daemons/registry.ts";
import { lines, type Script, sh } from "../connection/shell.ts";
import type { Host } from "../machine/host.ts";
import type { Properties } from "../protocol/values.ts";
import { hostResource, refuse } from "./hostResource.ts";
import { noteService } from "./serviceMemory.ts";

interface Inputs {
  packages: Record<string, string>;
}

interface Outputs {
  versions: Record<string, string>;
  system: string;
}

/** There is one per host. */
const ID = "packages";

/** How long an installation waits for another one: unattended-upgrades(8) may have a whole release of upgrades to install. */
const LOCK_PATIENCE_SECONDS = 1800;

/** See resources/packages.ts. */
export const packages = hostResource<Inputs, Outputs>({
  token: "mailhost:host:Packages",
  description: "Installed Debian packages.",
  inputs: z.strictObject({
    packages: z
      .record(
        z.string().regex(/^[a-z0-9][a-z0-9.+-]+$/, "must be the name of a Debian package"),
        z.string().regex(/^[\w.:~+*-]+$/, 'must be a version pattern, such as "*" or "1:2.4.1*"'),
      )
      .describe("Package to version pattern; `*` takes any version."),
  }),
  outputs: z.strictObject({
    versions: z.record(z.string(), z.string()).describe("Package to installed version."),
    system: z.string().describe("The system that the packages are of, as it calls itself."),
  }),
  id: () => ID,

  async observe({ host }, _id, known) {
    const wanted = known.packages ?? {};
    const versions = await installedVersions(host, Object.keys(wanted));
    const observed = Object.entries(versions).map(([name, version]) => {
      const pattern = wanted[name] ?? "*";
      return [name, matches(version, pattern) ? pattern : version];
    });
    const { system } = await host.facts();
    return { present: observed.length > 0, state: { packages: Object.fromEntries(observed), versions, system } };
  },

  async preflight({ host }, { packages: wanted = {} }, { state }) {
    refuse(await inTheWay(host, missingOf(wanted, state.packages)));
  },

  async foresee({ context, host }, { packages: wanted = {} }, { state: { packages, versions } }) {
    const others = Object.keys(wanted).filter((name) => packages[name] !== wanted[name]);
    for (const name of others) context.lacking.add(name);
    const { awaitsUpgrade } = await host.facts();
    if (awaitsUpgrade !== undefined) return [awaitsUpgrade];
    return others
      .filter((name) => versions[name] !== undefined)
      .map(
        (name) =>
          `${name} on the host is ${versions[name]}, and not ${wanted[name]} as this configuration is written for or mailhost:packages demands: something else than a deployment has installed it. \`up\` installs ${wanted[name]}, where apt offers it`,
      );
  },

  // apt-get(8) may break off when some packages are there already.
  async intend({ remembered }, { packages: wanted }, { state }) {
    const missing = Object.keys(wanted).filter((name) => state.versions[name] === undefined);
    return { installed: [...new Set([...installedByUs(remembered), ...missing])].sort() };
  },

  async converge({ context: { release }, host, log, remembered }, { packages: wanted }, { state }) {
    const missing = missingOf(wanted, state.packages);
    if (missing.length > 0) {
      log("progress", `installing ${missing.join(", ")}`);
      const holders = await holdersOfLocks(host);
      if (holders !== "") log("info", `waiting for another installation on the host to end: ${holders}`);
      await host.change(updateLists);
      // A host without lists of packages could not tell before.
      refuse(await inTheWay(host, missing));
      const units = daemons.map(({ unit }) => unit[release]);
      // The services that come with packages are enabled, unasked.
      await host.change(lines([...units.map(noteService), install(missing, units)]));
    }
    return { packages: wanted, installed: installedByUs(remembered) };
  },

  async remove({ host, remembered }) {
    const installed = installedByUs(remembered);
    if (installed.length === 0) return;
    await host.change(
      apt(sh`
present=$(dpkg-query -W -f '\${db:Status-Abbrev} \${Package}\n' -- ${installed} 2>/dev/null | sed -n 's/^.i  *//p')
[ -z "$present" ] || apt remove $present`),
    );
  },
});

/** Those of these packages that are installed, with their versions. */
export async function installedVersions(host: Host, names: readonly string[]): Promise<Record<string, string>> {
  // dpkg-query(1) tells of all packages where none is named.
  if (names.length === 0) return {};
  const answer = await host.ask(
    sh`dpkg-query -W -f '\${db:Status-Abbrev} \${Package} \${Version}\n' -- ${names} 2>/dev/null | grep '^.i ' || true`,
  );
  const versions: Record<string, string> = {};
  for (const line of answer.split("\n")) {
    const [, name, version] = line.trim().split(/ +/);
    if (name !== undefined && version !== undefined) versions[name] = version;
  }
  return versions;
}

/** What was there before stays when this resource goes. */
function installedByUs({ installed }: Properties): string[] {
  return Array.isArray(installed) ? installed.map(String) : [];
}

/** Whether a version fits a pattern as apt-get(8) reads it: `*` stands for anything. */
function matches(version: string, pattern: string): boolean {
  const expression = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${expression.join(".*")}$`).test(version);
}

/** As apt-get(8) takes them: `postfix`, `postfix=3.10*`. */
function missingOf(wanted: Inputs["packages"], present: Inputs["packages"]): string[] {
  return Object.entries(wanted)
    .filter(([name, pattern]) => present[name] !== pattern)
    .map(([name, pattern]) => (pattern === "*" ? name : `${name}=${pattern}`));
}

/** Packages that an installation would remove, such as another mail server; nothing, while that cannot be told. */
async function inTheWay(host: Host, specifications: readonly string[]): Promise<string[]> {
  if (specifications.length === 0) return [];
  const answer = await host.ask(sh`
export LC_ALL=C.UTF-8
apt-get -q -y --simulate --no-install-recommends --allow-downgrades install ${specifications} 2>/dev/null |
  sed -n 's/^Remv \\([^ ]*\\) .*/\\1/p'`);
  const names = answer
    .split("\n")
    .filter((name) => name !== "")
    .sort();
  if (names.length === 0) return [];
  return [
    `${names.join(", ")} on the host cannot stay beside ${specifications.join(", ")}, whether it runs or not, and nothing is removed unasked. When it is no longer needed, remove it on the host: apt-get remove ${names.join(" ")}`,
  ];
}

/** Who holds a lock of apt or dpkg: `unattended-upgr (process 123)`. */
async function holdersOfLocks(host: Host): Promise<string> {
  const answer = await host.ask(sh`
lslocks --noheadings --raw --output COMMAND,PID,PATH | awk '
  $3 ~ "^/var/(lib/(dpkg|apt/lists)|cache/apt/archives)/lock" && !told[$2]++ { print $1 " (process " $2 ")" }'`);
  return answer.trim().split("\n").join(", ");
}

/** Lists of the last day are taken as they are; older ones may name versions that the mirror no longer has. */
const updateLists = apt(sh`
if [ -z "$(find /var/lib/apt/lists -maxdepth 1 -name '*Packages*' -newermt '1 day ago' -print -quit)" ]; then
  apt update
fi`);

function install(specifications: readonly string[], units: readonly string[]): Script {
  return apt(
    sh`
apt --no-remove install ${specifications} || { ! locked && apt update && apt --no-remove install ${specifications}; }`,
    units,
  );
}

/**
 * Runs apt-get(8) without questions, waiting for another one to end, and without starting any daemon: what it would
 * start is not configured yet. The other one may, so the policy is for our environment alone. See
 * https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt
 *
 * @param units may be restarted where they run: a master of the old version cannot work with programs of the new one
 */
function apt(script: Script, units: readonly string[] = []): Script {
  return sh`
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 MAILHOST_INSTALLS=yes
output=$(mktemp)
policy=/usr/sbin/policy-rc.d
# One of ours is there still where the power was cut.
if [ ! -e $policy ] || grep -q '^# mailhost: ' $policy; then
  made_policy=1
  running=$(for unit in ${units}; do ! service_is_active "$unit" || printf '%s ' "\${unit%%[@.]*}"; done)
  printf '#!/bin/sh
# mailhost: no daemon starts while mailhost installs packages, but one that runs may be restarted
[ -n "$MAILHOST_INSTALLS" ] || exit 0
case " %s" in *" \${1%%.service} "*) exit 0 ;; esac
exit 101
' "$running" | write_to $policy
  chmod 755 $policy
fi
trap '[ -z "\${made_policy:-}" ] || rm -f $policy; rm -f $output' EXIT
# apt-get itself waits for one of its locks only.
apt() {
  deadline=$(($(uptime_seconds) + ${LOCK_PATIENCE_SECONDS}))
  until apt-get -q -y -o Dpkg::Options::=--force-confold --no-install-recommends --allow-downgrades "$@" >$output 2>&1; do
    locked && [ "$(uptime_seconds)" -lt $deadline ] || return 1
    sleep 0.5
  done
}
locked() {
  grep -q 'Could not get lock' $output
}
failed() {
  echo "apt-get failed:" >&2
  { grep -E '^(E:|dpkg: error)| : (Depends|Conflicts)' $output || tail -n 5 $output; } >&2
  exit 1
}
{
${script}
} || failed`;
}

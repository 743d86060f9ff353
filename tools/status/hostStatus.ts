import type { Connection } from "../../provider/connection/connection.ts";
import { program, sh } from "../../provider/connection/shell.ts";
import { systemd } from "../../provider/machine/systemd.ts";
import { findLockedHomes, type LockedHome, parseLockedHomes } from "../../provider/mail/homes.ts";
import { type KeptSet, listKeptSets, parseKeptSets } from "../../provider/transaction/keptSets.ts";
import { mailRoot, vmail } from "../../shared/accounts.ts";
import type { Daemon } from "../../shared/daemons/daemon.ts";
import { acmeFailure } from "../../shared/daemons/lego/acmeFiles.ts";
import { daemons } from "../../shared/daemons/registry.ts";
import type { ReleaseName } from "../../shared/releases/release.ts";
import { Failure } from "../failure.ts";

/** What the host says of itself now. */
export interface HostStatus {
  /** `Debian GNU/Linux 13 (trixie)` */
  system: string;
  /** Package to its version; undefined where it is not installed. */
  versions: Record<string, string | undefined>;
  /** systemd unit to its state: `active`, `failed` ... */
  units: Record<string, string>;
  queue: { messages: number; oldest: Date | undefined };
  /** Sieve scripts that have failed at a delivery and have not been changed since. */
  failedScripts: FailedScript[];
  /** The file system that the mail is on; undefined where there is no place for mail. */
  disk: { usedPercent: number; freeBytes: number } | undefined;
  /** Homes that nothing can be delivered to. */
  lockedHomes: LockedHome[];
  /** What the last attempt to obtain a certificate failed with; undefined where it went well, or there was none. */
  acmeFailure: string | undefined;
  /** Configurations that were in force and can be put back, the oldest first. */
  earlier: KeptSet[];
}

/** A Sieve script that failed: the mail came into INBOX, or bounced, and nothing else happened. */
export interface FailedScript {
  address: string;
  /** The day of the last failure, `2026-05-01`, and Dovecot's words. */
  said: string;
}

/** The daemons that are there for mail alone: those that every host has, and those that are in the report where they are. */
const own = daemons.filter(({ isShared }) => !isShared);
const always = own.filter(({ isUsed }) => isUsed === undefined);
const atTimes = own.filter(({ isUsed }) => isUsed !== undefined);

/** Days for which a failure is reported where the script stays as it is. */
const FAILURE_DAYS = 7;

/** What Dovecot has noted beside the scripts of users. The files are theirs: root does not open them. */
const failedScripts = sh`
find "$1" -mindepth 3 -maxdepth 3 -name .dovecot.sieve.log -type f -mtime ${`-${FAILURE_DAYS}`} | sort | while IFS= read -r log; do
  [ "$log" -nt "\${log%.log}" ] || continue
  home=\${log%/*}
  domain=\${home%/*}
  said=$(grep -v ': info: ' "$log" | tail -n 1 | tr -d '[:cntrl:]' | cut -c 1-200)
  [ -z "$said" ] || echo "sieve \${home##*/}@\${domain##*/} $(date -r "$log" +%F): $said"
done`;

/** @throws Failure when the host cannot tell */
export async function askHost(connection: Connection, release: ReleaseName): Promise<HostStatus> {
  // One fact a line, with what it is about first: what the host cannot tell is missing.
  const script = sh`
. /etc/os-release
echo "system $PRETTY_NAME"
dpkg-query -W -f 'package \${Package} \${db:Status-Status} \${Version}\n' ${mainPackages(own, release)} 2>/dev/null
for unit in ${always.map(({ unit }) => unit[release])}; do echo "unit $unit $(service_state "$unit")"; done
for unit in ${atTimes.map(({ unit }) => unit[release])}; do
  ! service_is_enabled "$unit" 2>/dev/null || echo "unit $unit $(service_state "$unit")"
done
df --output=pcent,avail -B1 ${mailRoot} 2>/dev/null | sed -n '2s/^ */disk /p'
setpriv --reuid=${vmail.name} --regid=${vmail.name} --clear-groups sh -c ${failedScripts.text} sh ${mailRoot} 2>/dev/null
postqueue -j 2>/dev/null | sed 's/^/message /'
{
${findLockedHomes(sh`cut -d: -f6 ${mailRoot}/auth.d/*/passwd 2>/dev/null`, vmail.name)}
} | sed 's/^/home /'
if [ -f ${acmeFailure} ]; then sed 's/^/acme /' ${acmeFailure}; fi
{
${listKeptSets}
} | sed 's/^/set /'
true`;
  const { code, stdout, stderr } = await connection.run(program(script, systemd.shell));
  if (code !== 0) throw new Failure(`the host cannot tell its state: ${stderr.trim()}`);
  return parseStatus(stdout, release);
}

/** Reads what the script prints. */
export function parseStatus(answer: string, release: ReleaseName): HostStatus {
  const about = (kind: string): string[] =>
    answer.split("\n").flatMap((line) => (line.startsWith(`${kind} `) ? [line.slice(kind.length + 1)] : []));
  const [system = ""] = about("system");
  const [disk = ""] = about("disk");
  const packages = about("package").map((line) => line.split(" "));
  const units = about("unit").map((line) => line.split(" "));
  return {
    system,
    versions: Object.fromEntries(
      own.flatMap((daemon) => {
        const [wanted = ""] = mainPackages([daemon], release);
        const [, , version] = packages.find(([name, status]) => name === wanted && status === "installed") ?? [];
        return version === undefined && atTimes.includes(daemon) ? [] : [[wanted, version]];
      }),
    ),
    units: Object.fromEntries(units.map(([unit = "", state = "unknown"]) => [unit, state])),
    queue: parseQueue(about("message")),
    failedScripts: about("sieve").map((line) => {
      const [address = "", ...said] = line.split(" ");
      return { address, said: said.join(" ") };
    }),
    disk: parseDisk(disk),
    lockedHomes: parseLockedHomes(about("home").join("\n")),
    acmeFailure: about("acme").join("\n") || undefined,
    earlier: parseKeptSets(about("set").join("\n")),
  };
}

/** `22% 77200000000`, as df(1) was asked for it. */
function parseDisk(line: string): HostStatus["disk"] {
  const [, used, free] = /^(\d+)% +(\d+)$/.exec(line) ?? [];
  return used === undefined ? undefined : { usedPercent: Number(used), freeBytes: Number(free) };
}

/** One JSON object a line: see postqueue(1), JSON object format. */
function parseQueue(lines: readonly string[]): HostStatus["queue"] {
  const arrivals = lines.map((line): number => JSON.parse(line).arrival_time);
  const oldest = arrivals.length === 0 ? undefined : new Date(Math.min(...arrivals) * 1000);
  return { messages: arrivals.length, oldest };
}

/** The packages whose versions tell those of the daemons. */
function mainPackages(some: readonly Daemon[], release: ReleaseName): string[] {
  return some.flatMap(({ packages }) => packages[release].slice(0, 1));
}

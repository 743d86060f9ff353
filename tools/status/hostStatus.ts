import type { Connection } from "../../provider/connection/connection.ts";
import { program, sh } from "../../provider/connection/shell.ts";
import { Failure } from "../failure.ts";

/** What the host says of itself now. */
export interface HostStatus {
  /** `Debian GNU/Linux 13 (trixie)` */
  system: string;
  /** Package to installed version. */
  versions: Record<string, string>;
  /** systemd unit to its state: `active`, `failed` ... */
  units: Record<string, string>;
  queue: { messages: number; oldest: Date | undefined };
  /** The file system that the mail is on; undefined where there is no place for mail. */
  disk: { usedPercent: number; freeBytes: number } | undefined;
}

const UNITS = ["postfix.service", "dovecot.service"] as const;
const PACKAGES = ["postfix", "dovecot-core"] as const;
const MAIL_ROOT = "/var/vmail";

const script = sh`
. /etc/os-release
echo "$PRETTY_NAME"
for package in ${PACKAGES}; do dpkg-query -W -f '\${Version}\n' "$package" 2>/dev/null || echo; done
for unit in ${UNITS}; do systemctl is-active "$unit" || true; done
df --output=pcent,avail -B1 ${MAIL_ROOT} 2>/dev/null | tail -n 1 || echo
postqueue -j 2>/dev/null || true`;

/** @throws Failure when the host cannot tell */
export async function askHost(connection: Connection): Promise<HostStatus> {
  const { code, stdout, stderr } = await connection.run(program(script));
  if (code !== 0) throw new Failure(`the host cannot tell its state: ${stderr.trim()}`);
  const lines = stdout.split("\n");
  const [system = ""] = lines.splice(0, 1);
  const versions = lines.splice(0, PACKAGES.length);
  const units = lines.splice(0, UNITS.length);
  const [disk = ""] = lines.splice(0, 1);
  return {
    system,
    versions: Object.fromEntries(PACKAGES.map((name, index) => [name, versions[index] || "not installed"])),
    units: Object.fromEntries(UNITS.map((name, index) => [name, units[index] ?? "unknown"])),
    queue: parseQueue(lines),
    disk: parseDisk(disk),
  };
}

/** `22% 77200000000`, as df(1) was asked for it. */
export function parseDisk(line: string): HostStatus["disk"] {
  const [, used, free] = /^(\d+)% +(\d+)$/.exec(line.trim()) ?? [];
  return used === undefined ? undefined : { usedPercent: Number(used), freeBytes: Number(free) };
}

/** One JSON object a line: see postqueue(1), JSON object format. */
function parseQueue(lines: readonly string[]): HostStatus["queue"] {
  const arrivals = lines.filter((line) => line !== "").map((line): number => JSON.parse(line).arrival_time);
  const oldest = arrivals.length === 0 ? undefined : new Date(Math.min(...arrivals) * 1000);
  return { messages: arrivals.length, oldest };
}

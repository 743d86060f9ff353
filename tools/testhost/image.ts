import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { dovecot } from "../../shared/daemons/dovecot/dovecot.ts";
import { logrotate } from "../../shared/daemons/logrotate/logrotate.ts";
import { postfix } from "../../shared/daemons/postfix/postfix.ts";
import { packagesOf } from "../../shared/daemons/registry.ts";
import { rsyslog } from "../../shared/daemons/rsyslog/rsyslog.ts";
import { findAcquireSettings, findMirrors, type Mirrors } from "./mirrors.ts";
import { imagesFolder } from "./paths.ts";
import { mustRun, run } from "./processes.ts";
import { debianCodename } from "./requirements.ts";

/** Debian release of a host, as the stack configuration names it. */
export type Release = "debian13" | "debian12";

const suites: Readonly<Record<Release, string>> = { debian13: "trixie", debian12: "bookworm" };

export const releases: readonly Release[] = ["debian13", "debian12"];

/** A bare Debian that an operator can log in to, and nothing of a mail host. */
const installedPackages = ["systemd", "systemd-sysv", "dbus", "openssh-server", "iproute2", "ca-certificates", "sudo"];

/** What a mail host has by default. */
const furniture = [dovecot, postfix, rsyslog, logrotate] as const;

/** Put beside the image's apt lists, so that the first installation of a mail host needs no network. */
const downloadedPackages = [
  ...packagesOf(furniture, "debian13"),
  "dovecot-managesieved",
  "cron",
  "ssl-cert",
  "openssl",
];

/** An image is used in the week that is in its name; the next week's has Debian's security updates. */
const weekMs = 7 * 86_400_000;

/** Which image a host is made of. */
export interface ImageChoice {
  readonly release: Release;
  /** Whether it has the packages of a mail host, with daemons that have yet to be configured and started, or is a bare Debian. */
  readonly isFurnished: boolean;
}

/**
 * Makes the image of a release unless there is one of the same recipe and of this week, and answers its folder, which must not be changed.
 *
 * Whoever comes second waits for the first. The lock is held by the build itself, not by us, so that a build whose caller was
 * killed is not joined by another one in the same folder.
 */
export async function ensureImage(choice: ImageChoice): Promise<string> {
  const { name, command, sources } = await imageRecipe(choice);
  const image = join(imagesFolder(), name);
  if (existsSync(image)) return image;
  mkdirSync(imagesFolder(), { recursive: true });
  process.stderr.write(`building the image ${name} in ${imagesFolder()}, which takes less than a minute\n`);
  const script = `
    test -d "$0" && exit
    umask 022
    rm -rf --one-file-system "$0.partial"
    "$@" "$0.partial" - && mv "$0.partial" "$0"`;
  const build = ["flock", `${image}.lock`, "sh", "-c", script, image, ...command];
  const { code, stderr } = await run(build, sources);
  if (code !== 0) throw new Error(`building the image ${name} failed:\n${stderr.split("\n").slice(-20).join("\n")}`);
  return image;
}

/**
 * Removes the images that no host is made of any more. The last week's stays: another process may have got it just before midnight and
 * not yet made its host.
 *
 * @param inUse images of the hosts there are
 */
export function removeOutdatedImages(inUse: readonly string[], now = new Date()): void {
  if (!existsSync(imagesFolder())) return;
  for (const file of readdirSync(imagesFolder())) {
    // The image itself, its lock, or an unfinished one.
    const [, name = "", week] = /^(.*-week(\d+))(?:\.lock|\.partial)?$/.exec(file) ?? [];
    if (week === undefined || Number(week) >= weekOf(now) - 1) continue;
    if (inUse.includes(join(imagesFolder(), name))) continue;
    rmSync(join(imagesFolder(), file), { recursive: true, force: true });
  }
}

function weekOf(date: Date): number {
  return Math.floor(date.getTime() / weekMs);
}

interface ImageRecipe {
  /** Changes with the rest of the recipe, and every week. */
  readonly name: string;
  /** Lacks the target folder, and reads `sources`. */
  readonly command: readonly string[];
  readonly sources: string;
}

async function imageRecipe({ release, isFurnished }: ImageChoice): Promise<ImageRecipe> {
  const suite = suites[release];
  const mirrors = machineMirrors();
  const aptSettings = [
    ...findAcquireSettings(await mustRun(["apt-config", "dump"])),
    'Acquire::Languages "none";',
    // Kept, the packages serve later installations on the same host too.
    'APT::Keep-Downloaded-Packages "true";',
  ];
  const furnished = isFurnished ? furniture : [];
  const included = [...installedPackages, ...packagesOf(furnished, release)];
  const downloads = downloadedPackages.join(" ");
  const command = [
    "mmdebstrap",
    "--format=directory",
    "--variant=minbase",
    `--include=${included.join(",")}`,
    ...aptSettings.map((setting) => `--aptopt=${setting}`),
    // A throw-away host need not survive a power failure of this machine.
    "--dpkgopt=force-unsafe-io",
    // The lists stay, or apt could not find the downloaded packages.
    "--skip=cleanup/apt/lists,cleanup/apt/cache,cleanup/apt",
    '--customize-hook=APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get clean',
    `--customize-hook=APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get install --yes --download-only --no-install-recommends ${downloads}`,
    ...furnished.map(({ unit }) => `--customize-hook=chroot "$1" systemctl --quiet disable ${unit[release]}`),
    // Every host gets keys and an identity of its own.
    '--customize-hook=rm -f "$1"/etc/ssh/ssh_host_* "$1"/etc/machine-id "$1"/etc/resolv.conf "$1"/etc/hostname',
    suite,
  ];
  const sources = [
    `deb ${mirrors.archive} ${suite} main`,
    `deb ${mirrors.archive} ${suite}-updates main`,
    `deb ${mirrors.security} ${suite}-security main`,
  ];
  const hash = createHash("sha256")
    .update(JSON.stringify([command, sources]))
    .digest("hex")
    .slice(0, 12);
  return { name: `${suite}-${hash}-week${weekOf(new Date())}`, command, sources: `${sources.join("\n")}\n` };
}

function machineMirrors(): Mirrors {
  const folder = "/etc/apt/sources.list.d";
  const files = existsSync(folder) ? readdirSync(folder).map((file) => join(folder, file)) : [];
  const texts = ["/etc/apt/sources.list", ...files.filter((file) => /\.(list|sources)$/.test(file))]
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, "utf8"));
  return findMirrors(texts, debianCodename());
}
